-- A search reads the vectors of its own site and model, not those of all sites: of 28 sites with 2,500 texts each, 183
-- pages instead of 5,001. On a server with one site the planner still reads the table as a whole.
CREATE INDEX kb_embeddings_site ON kb_embeddings (site_id, model_id);
