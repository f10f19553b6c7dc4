-- The first rows of a conversation after @after, in order; for the system's own reading.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data, l.created_at
FROM conversations c JOIN conversation_log l ON l.conversation_id = c.id
WHERE c.id = @id AND l.seq > @after ORDER BY l.seq LIMIT @limit
