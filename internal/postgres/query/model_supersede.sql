-- Ends the open switch of a task, unless it is to this very model.
UPDATE model_switches
SET state = 'superseded', error = @reason, worker = NULL, lease_until = NULL, changed_at = now()
WHERE task = @task AND state IN ('wanted', 'embedding', 'waiting')
  AND (name, version, fingerprint) IS DISTINCT FROM (@name::text, @version::text, @fingerprint::text)
