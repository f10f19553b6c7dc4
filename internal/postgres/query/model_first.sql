-- The fingerprint that publications must be embedded with. Where none is in use yet, this publication's is from now on. No
-- row = another transaction has just made the first one: ask again.
WITH first AS (
    UPDATE model_uses SET fingerprint = @fingerprint, switched_at = now()
    WHERE task = 'embed' AND fingerprint = ''
    RETURNING fingerprint
)
SELECT fingerprint FROM first
UNION ALL
SELECT fingerprint FROM model_uses WHERE task = 'embed' AND fingerprint <> ''
