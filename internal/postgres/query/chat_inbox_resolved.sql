-- One page of the resolved conversations, last resolved first: an index gives them in this order. The cursor is
-- (@at, @after) of the page's last conversation.
SELECT v.*, (SELECT count(*) FROM conversation_log l
        WHERE l.conversation_id = c.id AND l.kind = 'message' AND l.content <> '' AND l.author_id IS DISTINCT FROM @user
            AND l.seq > coalesce((SELECT r.read_seq FROM read_positions r WHERE r.user_id = @user AND r.conversation_id = c.id), 0)
    )::integer AS unread FROM (
    SELECT c.id, c.site_id, c.department_id, c.status, c.owner, c.owner_epoch, c.assignee_id, coalesce(u.name, '') AS assignee_name,
    c.team_id, c.last_seq, c.email, c.locale, c.page, c.created_at, c.last_message_at, c.last_message, c.last_author,
    c.waiting_since, q.enqueued_at AS queued_at, c.resolved_at,
    c.contact_id, k.name AS contact_name, k.email AS contact_email, k.locale AS contact_locale, k.identified_at IS NOT NULL AS contact_identified,
    c.resolved_at AS active_at
    FROM conversations c
JOIN contacts k ON k.id = c.contact_id
LEFT JOIN users u ON u.id = c.assignee_id
LEFT JOIN queue_entries q ON q.conversation_id = c.id
    WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
        AND c.status = 'resolved'
        AND (@search::text = '' OR strpos(lower(concat_ws(E'\n', k.name, k.email, c.email, c.last_message)), lower(@search::text)) > 0)
        AND (@at::timestamptz IS NULL OR (c.resolved_at, c.id) < (@at::timestamptz, @after::uuid))
    ORDER BY active_at DESC, c.id DESC LIMIT @limit
) v, LATERAL (SELECT v.id) c
ORDER BY v.active_at DESC, v.id DESC
