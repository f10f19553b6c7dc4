-- The whole logs of the conversations $1, which were just read within scope.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data, l.created_at
FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id
WHERE l.conversation_id = ANY ($1::uuid[])
ORDER BY l.conversation_id, l.seq
