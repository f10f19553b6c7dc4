-- The open switches, one a task at most.
SELECT id, task, name, version, fingerprint, state, done, total, error, asked_at, changed_at
FROM model_switches WHERE state IN ('wanted', 'embedding', 'waiting') ORDER BY task
