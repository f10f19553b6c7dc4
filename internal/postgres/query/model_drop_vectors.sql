-- Deletes up to @limit vectors that nobody needs: their model is not in use, no live node answers with it, it is not wished
-- for, and it has been neither for @kept. The read lock is held: no switch ends meanwhile, so none can miss what goes here.
WITH needed AS (
    SELECT fingerprint FROM model_uses WHERE task = 'embed'
    UNION SELECT former FROM model_uses WHERE task = 'embed' AND switched_at > now() - @kept::interval
    UNION SELECT fingerprint FROM model_nodes WHERE lease_until > now()
    UNION SELECT fingerprint FROM model_switches
        WHERE task = 'embed' AND (state IN ('wanted', 'embedding', 'waiting') OR (state IN ('failed', 'superseded') AND changed_at > now() - @kept::interval))
), unneeded AS (
    SELECT id FROM kb_models
    WHERE fingerprint NOT IN (SELECT fingerprint FROM needed) AND EXISTS (SELECT 1 FROM model_uses WHERE task = 'embed' AND fingerprint <> '')
)
DELETE FROM kb_embeddings
WHERE ctid = ANY (ARRAY(SELECT e.ctid FROM kb_embeddings e WHERE e.model_id IN (SELECT id FROM unneeded) LIMIT @limit))
