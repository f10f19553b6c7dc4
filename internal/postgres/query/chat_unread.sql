-- The conversations that wait for this agent (held by them, or in the queue) with messages by others that they
-- have not read, longest waiting first.
SELECT * FROM (
    SELECT c.id, c.site_id, c.department_id, c.status, c.owner, c.owner_epoch, c.assignee_id, coalesce(u.name, '') AS assignee_name,
    c.team_id, c.last_seq, c.email, c.locale, c.page, c.created_at, c.last_message_at, c.last_message, c.last_author,
    c.waiting_since, q.enqueued_at AS queued_at, c.resolved_at,
    c.contact_id, k.name AS contact_name, k.email AS contact_email, k.locale AS contact_locale, k.identified_at IS NOT NULL AS contact_identified,
    (SELECT count(*) FROM conversation_log l
        WHERE l.conversation_id = c.id AND l.kind = 'message' AND l.content <> '' AND l.author_id IS DISTINCT FROM @user
            AND l.seq > coalesce((SELECT r.read_seq FROM read_positions r WHERE r.user_id = @user AND r.conversation_id = c.id), 0)
    )::integer AS unread
    FROM conversations c
JOIN contacts k ON k.id = c.contact_id
LEFT JOIN users u ON u.id = c.assignee_id
LEFT JOIN queue_entries q ON q.conversation_id = c.id
LEFT JOIN conversation_helpers h ON h.conversation_id = c.id AND h.user_id = @user
    WHERE ((c.owner = 'human' AND (c.assignee_id = @user OR h.user_id IS NOT NULL)) OR c.owner = 'queue') AND c.status IN ('open', 'snoozed')
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
) v WHERE unread > 0
ORDER BY waiting_since NULLS LAST, id LIMIT 200
