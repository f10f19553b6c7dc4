-- The next rows of conversations that were just read within scope, in the order of @ids and by seq: of the first those
-- after @after, of the others all.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data, l.created_at
FROM unnest(@ids::uuid[]) WITH ORDINALITY AS n (conversation_id, place)
JOIN conversations c ON c.id = n.conversation_id
JOIN LATERAL (
    SELECT * FROM conversation_log l
    WHERE l.conversation_id = n.conversation_id AND l.seq > CASE WHEN n.place = 1 THEN @after::integer ELSE 0 END
    ORDER BY l.seq LIMIT @limit
) l ON true
ORDER BY n.place, l.seq LIMIT @limit
