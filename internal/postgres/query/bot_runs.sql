-- The runs of a site within scope, newest first; @kind '' = of every kind, @id NULL = all, otherwise that one of whatever site.
SELECT r.id::text AS id, r.site_id AS site, r.kind, r.spec, r.state, r.total, r.done, r.summary, r.problem, r.attempts, r.created_by, r.created_at, r.started_at, r.ended_at
FROM bot_runs r
WHERE (@all::boolean OR r.site_id = ANY(@sites::int[]))
  AND (@id::uuid IS NULL OR r.id = @id::uuid) AND (@site::int = 0 OR r.site_id = @site::int) AND (@kind::text = '' OR r.kind = @kind::text)
ORDER BY r.created_at DESC, r.id DESC LIMIT @limit::int
