-- Ends a switch without it; what is in use stays.
UPDATE model_switches
SET state = 'failed', error = @reason, worker = NULL, lease_until = NULL, changed_at = now()
WHERE id = @id AND worker = @node AND state IN ('wanted', 'embedding', 'waiting')
