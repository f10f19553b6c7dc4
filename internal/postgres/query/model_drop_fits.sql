-- Deletes the confidences of models that have no vector left and that nobody needs; see model_drop_vectors.sql.
WITH needed AS (
    SELECT fingerprint FROM model_uses WHERE task = 'embed'
    UNION SELECT former FROM model_uses WHERE task = 'embed' AND switched_at > now() - @kept::interval
    UNION SELECT fingerprint FROM model_nodes WHERE lease_until > now()
    UNION SELECT fingerprint FROM model_switches
        WHERE task = 'embed' AND (state IN ('wanted', 'embedding', 'waiting') OR (state IN ('failed', 'superseded') AND changed_at > now() - @kept::interval))
)
DELETE FROM kb_calibrations c
USING kb_models m
WHERE m.id = c.model_id AND m.fingerprint NOT IN (SELECT fingerprint FROM needed)
  AND NOT EXISTS (SELECT 1 FROM kb_embeddings e WHERE e.model_id = m.id)
  AND EXISTS (SELECT 1 FROM model_uses WHERE task = 'embed' AND fingerprint <> '')
