-- The number of a model, given at its first use.
WITH made AS (
    INSERT INTO kb_models (fingerprint) SELECT @fingerprint
    WHERE NOT EXISTS (SELECT 1 FROM kb_models WHERE fingerprint = @fingerprint)
    ON CONFLICT (fingerprint) DO NOTHING
    RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM kb_models WHERE fingerprint = @fingerprint
