-- Gives the work on a switch back, so that another node goes on at once.
UPDATE model_switches SET worker = NULL, lease_until = NULL
WHERE worker = @node AND state IN ('wanted', 'embedding', 'waiting')
