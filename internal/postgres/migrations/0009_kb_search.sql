-- The search's indexes hold whom a text is for, and large knowledge bases get an approximate one over their vectors.

-- Still read without its table: the audience is a filter like the department.
DROP INDEX kb_posting_term;
CREATE UNIQUE INDEX kb_posting_term ON kb_posting (site_id, term, variant_id) INCLUDE (weight, department_id, audience);
-- A department's share of a large site is read without the rest of it.
DROP INDEX kb_embeddings_site;
CREATE INDEX kb_embeddings_site ON kb_embeddings (site_id, model_id, department_id);

-- What was measured of a site's questions with the index over the model's vectors (kb_embeddings_hnsw_<model>, made by the
-- server outside of migrations, docs/adr/0009-hnsw.md). No row = it was not measured: the exact scan answers.
CREATE TABLE kb_hnsw (
    site_id     integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    model_id    smallint NOT NULL REFERENCES kb_models (id) ON DELETE CASCADE,
    dims        integer NOT NULL CONSTRAINT kb_hnsw_dims CHECK (dims BETWEEN 1 AND 4000),
    variants    integer NOT NULL, -- of the site when it was measured
    ef          integer NOT NULL CONSTRAINT kb_hnsw_ef CHECK (ef BETWEEN 1 AND 1000), -- hnsw.ef_search of the measurement
    recall      real NOT NULL,    -- recall@20 against the exact scan, the worst of the filters, 0-1
    exact_ms    real NOT NULL,    -- median of the exact scan of the whole site
    near_ms     real NOT NULL,    -- median with the index
    least       integer NOT NULL, -- candidates, after the filters, from which on the index answers; 0 = it never does
    measured_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, model_id)
);
