-- The heads of the conversations $1 (uuid[]), without regard to scope: for rows that were just judged.
SELECT c.id, c.site_id, c.department_id, c.status, c.owner, c.owner_epoch, c.assignee_id, coalesce(u.name, '') AS assignee_name,
    c.team_id, c.last_seq, c.email, c.locale, c.page, c.created_at, c.last_message_at, c.last_message, c.last_author,
    c.waiting_since, q.enqueued_at AS queued_at, c.resolved_at,
    c.contact_id, k.name AS contact_name, k.email AS contact_email, k.locale AS contact_locale, k.identified_at IS NOT NULL AS contact_identified
FROM conversations c
JOIN contacts k ON k.id = c.contact_id
LEFT JOIN users u ON u.id = c.assignee_id
LEFT JOIN queue_entries q ON q.conversation_id = c.id
WHERE c.id = ANY ($1::uuid[])
