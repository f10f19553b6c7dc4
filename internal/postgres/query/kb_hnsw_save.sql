-- Keeps what was measured; every node reads it with its next search.
INSERT INTO kb_hnsw (site_id, model_id, dims, variants, ef, recall, exact_ms, near_ms, least, measured_at)
VALUES (@site, @model, @dims, @variants, @ef, @recall, @exact_ms, @near_ms, @least, now())
ON CONFLICT (site_id, model_id) DO UPDATE
    SET dims = excluded.dims, variants = excluded.variants, ef = excluded.ef, recall = excluded.recall, exact_ms = excluded.exact_ms,
        near_ms = excluded.near_ms, least = excluded.least, measured_at = excluded.measured_at
