-- Ends a run within scope that waits or works; one that has ended stays as it is. Its node notices within a second.
UPDATE bot_runs SET state = 'cancelled', lease = NULL, lease_until = NULL, ended_at = now()
WHERE id = @id::uuid AND (@all::boolean OR site_id = ANY(@sites::int[])) AND state IN ('waiting', 'running')
