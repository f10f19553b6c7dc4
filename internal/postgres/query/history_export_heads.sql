-- One page of conversations within scope and filter, oldest first. The cursor is (@at, @after) of the last page's last one.
SELECT c.id, c.site_id, c.department_id, c.status, c.owner, c.owner_epoch, c.assignee_id, coalesce(u.name, '') AS assignee_name,
    c.team_id, c.last_seq, c.email, c.locale, c.page, c.created_at, c.last_message_at, c.last_message, c.last_author,
    c.waiting_since, q.enqueued_at AS queued_at, c.resolved_at,
    c.contact_id, k.name AS contact_name, k.email AS contact_email, k.locale AS contact_locale, k.identified_at IS NOT NULL AS contact_identified
FROM conversations c
JOIN contacts k ON k.id = c.contact_id
LEFT JOIN users u ON u.id = c.assignee_id
LEFT JOIN queue_entries q ON q.conversation_id = c.id
WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    AND (@from::timestamptz IS NULL OR c.created_at >= @from::timestamptz)
    AND (@to::timestamptz IS NULL OR c.created_at < @to::timestamptz)
    AND (@site::integer = 0 OR c.site_id = @site::integer) AND (@department::integer = 0 OR c.department_id = @department::integer)
    AND (@status = '' OR c.status = @status) AND (@owner = '' OR c.owner = @owner)
    AND (@of_contact::uuid IS NULL OR c.contact_id = @of_contact::uuid)
    AND (@agent::uuid IS NULL OR c.assignee_id = @agent::uuid
        OR EXISTS (SELECT FROM conversation_log l WHERE l.conversation_id = c.id AND l.author_kind = 'agent' AND l.author_id = @agent::uuid))
    AND (NOT @notes::boolean OR EXISTS (SELECT FROM conversation_log l WHERE l.conversation_id = c.id AND l.kind = 'note'))
    AND (@at::timestamptz IS NULL OR (c.created_at, c.id) > (@at::timestamptz, @after::uuid))
ORDER BY c.created_at, c.id LIMIT @limit
