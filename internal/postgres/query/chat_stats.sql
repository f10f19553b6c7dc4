-- The state of the desk within scope; "today" begins at @midnight. One in which nothing was said yet does not count.
SELECT count(*) AS open,
    count(*) FILTER (WHERE c.owner = 'queue') AS queued,
    count(*) FILTER (WHERE c.owner = 'bot') AS with_bot,
    count(*) FILTER (WHERE c.owner = 'human') AS with_human,
    (SELECT count(*) FROM conversations c
     WHERE c.status = 'resolved' AND c.resolved_at >= @midnight AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)) AS resolved_today,
    (SELECT count(*) FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id
     WHERE l.created_at >= @midnight AND (l.kind = 'handover' OR l.author_kind = 'bot')
        AND l.author_kind = 'bot' AND l.kind = 'message' AND l.data ? 'source' AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)) AS bot_answered_today,
    (SELECT count(*) FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id
     WHERE l.created_at >= @midnight AND (l.kind = 'handover' OR l.author_kind = 'bot')
        AND l.kind = 'handover' AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)) AS handovers_today,
    coalesce((SELECT extract(epoch FROM statement_timestamp() - min(q.enqueued_at))
     FROM queue_entries q JOIN conversations c ON c.id = q.conversation_id WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)), 0)::float8 AS longest_wait_s
FROM conversations c
WHERE c.status IN ('open', 'snoozed') AND c.last_seq > 0 AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
