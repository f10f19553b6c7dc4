-- Adds vectors of a model to variants that still exist; one that is there already stays.
INSERT INTO kb_embeddings (variant_id, model_id, site_id, department_id, audience, embedding)
SELECT v.id, @model, v.site_id, v.department_id, v.audience, n.vector::halfvec
FROM unnest(@ids::bigint[], @vectors::text[]) AS n (id, vector)
JOIN kb_variants v ON v.id = n.id
ON CONFLICT DO NOTHING
