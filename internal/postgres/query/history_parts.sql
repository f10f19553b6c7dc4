-- Parts as they are now, with the rows of them, ascending: one row of this answer is one row of the log.
SELECT c.id, n.part, c.site_id, c.department_id, c.last_seq, k.id, k.name, k.email,
    l.seq, l.author_kind, l.author_id, l.kind, l.content, coalesce(l.data->>'reason', ''), l.created_at
FROM unnest(@conversations::uuid[], @parts::integer[]) WITH ORDINALITY AS n (conversation_id, part, place)
JOIN conversations c ON c.id = n.conversation_id
JOIN contacts k ON k.id = c.contact_id
JOIN conversation_log l ON l.conversation_id = c.id AND l.seq BETWEEN 32 * n.part + 1 AND 32 * n.part + 32
ORDER BY n.place, l.seq
