-- Deletes what was learnt for the vectors of models that have no vector left and that nobody needs; see model_drop_vectors.sql.
WITH needed AS (
    SELECT fingerprint FROM model_uses WHERE task = 'embed'
    UNION SELECT former FROM model_uses WHERE task = 'embed' AND switched_at > now() - @kept::interval
    UNION SELECT fingerprint FROM model_nodes WHERE lease_until > now()
    UNION SELECT fingerprint FROM model_switches
        WHERE task = 'embed' AND (state IN ('wanted', 'embedding', 'waiting') OR (state IN ('failed', 'superseded') AND changed_at > now() - @kept::interval))
), unneeded AS (
    SELECT m.id FROM kb_models m
    WHERE m.fingerprint NOT IN (SELECT fingerprint FROM needed)
      AND NOT EXISTS (SELECT 1 FROM kb_embeddings e WHERE e.model_id = m.id)
      AND EXISTS (SELECT 1 FROM model_uses WHERE task = 'embed' AND fingerprint <> '')
), head AS (
    DELETE FROM kb_heads WHERE model_id IN (SELECT id FROM unneeded)
)
DELETE FROM kb_calibrations WHERE model_id IN (SELECT id FROM unneeded)
