-- One switch.
SELECT id, task, name, version, fingerprint, state, done, total, error, asked_at, changed_at
FROM model_switches WHERE id = @id
