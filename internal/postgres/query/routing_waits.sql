-- The last waits of the last 24 hours, at most 20 a queue, oldest first.
SELECT w.site_id, w.department_id, coalesce(w.team_id::text, ''), extract(epoch FROM w.waited)::float8, w.claimed_at
FROM (
    SELECT v.*, row_number() OVER (PARTITION BY v.site_id, v.department_id, v.team_id ORDER BY v.claimed_at DESC) AS nr
    FROM queue_waits v WHERE v.claimed_at > statement_timestamp() - interval '24 hours'
) w WHERE w.nr <= 20
ORDER BY w.claimed_at
