-- Opens a switch; the one that is open already to this model is joined. The task's row of model_uses is locked.
WITH made AS (
    INSERT INTO model_switches (task, name, version, fingerprint)
    SELECT @task, @name, @version, @fingerprint
    WHERE NOT EXISTS (SELECT 1 FROM model_switches WHERE task = @task AND state IN ('wanted', 'embedding', 'waiting'))
    RETURNING *
)
SELECT id, task, name, version, fingerprint, state, done, total, error, asked_at, changed_at FROM made
UNION ALL
SELECT id, task, name, version, fingerprint, state, done, total, error, asked_at, changed_at
FROM model_switches WHERE task = @task AND state IN ('wanted', 'embedding', 'waiting')
