-- Puts the model of an open switch in use. No row = the switch is no longer this node's, or closed.
UPDATE model_uses u
SET former = CASE WHEN u.fingerprint = s.fingerprint THEN u.former ELSE u.fingerprint END,
    name = s.name, version = s.version, fingerprint = s.fingerprint, generation = u.generation + 1, switched_at = now()
FROM model_switches s
WHERE s.id = @id AND s.worker = @node AND s.state IN ('wanted', 'embedding', 'waiting') AND u.task = s.task
RETURNING u.generation
