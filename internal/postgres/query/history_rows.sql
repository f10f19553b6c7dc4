-- The rows of parts of conversations that were just read within scope, ascending.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data - 'extra', l.created_at
FROM unnest(@ids::uuid[], @parts::integer[]) AS n (conversation_id, part)
JOIN conversations c ON c.id = n.conversation_id
JOIN conversation_log l ON l.conversation_id = c.id AND l.seq BETWEEN 32 * n.part + 1 AND 32 * n.part + 32
ORDER BY l.conversation_id, l.seq
