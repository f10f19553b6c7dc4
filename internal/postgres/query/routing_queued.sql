-- What waits, of these conversations, with what rules and orders look at. The agent whom the visitor talked to last: who
-- wrote last in it, else who held the contact's last conversation.
SELECT q.conversation_id::text AS conversation, q.site_id AS site, q.department_id AS department, coalesce(q.team_id::text, '') AS team,
    c.channel, coalesce(nullif(c.locale, ''), k.locale) AS language, q.skills, q.priority,
    coalesce((SELECT l.author_id::text FROM conversation_log l
        WHERE l.conversation_id = c.id AND l.author_kind = 'agent' AND l.kind = 'message' ORDER BY l.seq DESC LIMIT 1),
        (SELECT p.assignee_id::text FROM conversations p
        WHERE p.contact_id = c.contact_id AND p.id <> c.id AND p.assignee_id IS NOT NULL ORDER BY p.resolved_at DESC NULLS LAST LIMIT 1), '') AS sticky,
    q.declined, q.excluded_at, q.enqueued_at, q.base, q.place, c.owner_epoch, c.last_seq,
    k.id::text AS contact, k.name AS contact_name, c.last_message, q.reason, c.page, coalesce(nullif(c.email, ''), k.email) AS email,
    s.key AS site_key, k.attributes
FROM queue_entries q
JOIN conversations c ON c.id = q.conversation_id
JOIN contacts k ON k.id = c.contact_id
JOIN sites s ON s.id = q.site_id
WHERE q.conversation_id = ANY(@ids::uuid[]) AND c.owner = 'queue' AND c.status <> 'resolved'
