-- The state of the desk within scope; "today" begins at @midnight.
WITH mine AS (
    SELECT c.id, c.status, c.owner, c.resolved_at FROM conversations c
    WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
)
SELECT count(*) FILTER (WHERE status <> 'resolved') AS open,
    count(*) FILTER (WHERE status <> 'resolved' AND owner = 'queue') AS queued,
    count(*) FILTER (WHERE status <> 'resolved' AND owner = 'bot') AS with_bot,
    count(*) FILTER (WHERE status <> 'resolved' AND owner = 'human') AS with_human,
    count(*) FILTER (WHERE resolved_at >= @midnight) AS resolved_today,
    (SELECT count(*) FROM conversation_log l JOIN mine ON mine.id = l.conversation_id
     WHERE l.created_at >= @midnight AND (l.kind = 'handover' OR l.author_kind = 'bot')
        AND l.author_kind = 'bot' AND l.kind = 'message' AND l.data ? 'source') AS bot_answered_today,
    (SELECT count(*) FROM conversation_log l JOIN mine ON mine.id = l.conversation_id
     WHERE l.created_at >= @midnight AND (l.kind = 'handover' OR l.author_kind = 'bot')
        AND l.kind = 'handover') AS handovers_today,
    coalesce((SELECT extract(epoch FROM statement_timestamp() - min(q.enqueued_at))
     FROM queue_entries q JOIN mine ON mine.id = q.conversation_id), 0)::float8 AS longest_wait_s
FROM mine
