-- The newest notes of the scope that mention the agent @user, and whether they have read so far.
SELECT l.conversation_id, k.name AS contact_name, l.seq, l.author_kind, l.author_id, l.author_name, l.content, l.created_at,
    l.seq <= coalesce((SELECT p.read_seq FROM read_positions p WHERE p.user_id = @user AND p.conversation_id = c.id), 0) AS seen
FROM conversation_log l
JOIN conversations c ON c.id = l.conversation_id
JOIN contacts k ON k.id = c.contact_id
WHERE l.kind = 'note' AND l.data ? 'mentions' AND l.data -> 'mentions' @> jsonb_build_array(jsonb_build_object('id', @mentioned::text))
    AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY l.created_at DESC LIMIT 200
