-- Closes a switch that has come about, in the transaction that made it so.
UPDATE model_switches
SET state = 'done', done = greatest(done, total), error = '', worker = NULL, lease_until = NULL, changed_at = now()
WHERE id = @id AND worker = @node AND state IN ('wanted', 'embedding', 'waiting')
RETURNING id
