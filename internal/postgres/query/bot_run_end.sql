-- Ends a run for its lease.
UPDATE bot_runs SET state = @state, summary = @summary::jsonb, problem = @problem, lease = NULL, lease_until = NULL, ended_at = now()
WHERE id = @id::uuid AND lease = @lease::uuid AND state = 'running'
