-- Takes the oldest run that waits or whose lease has run out, for one caller only, and forgets what it had found.
WITH next AS (
    SELECT id FROM bot_runs
    WHERE state = 'waiting' OR (state = 'running' AND lease_until < now())
    ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
), forgotten AS (
    DELETE FROM bot_run_rows WHERE run_id = (SELECT id FROM next)
)
UPDATE bot_runs r SET state = 'running', lease = @lease::uuid, lease_until = now() + @hold::interval, attempts = r.attempts + 1,
    total = 0, done = 0, summary = NULL, problem = '', started_at = now()
FROM next WHERE r.id = next.id
RETURNING r.id::text AS id, r.site_id AS site, r.kind, r.spec, r.state, r.total, r.done, r.summary, r.problem, r.attempts, r.created_by, r.created_at, r.started_at, r.ended_at
