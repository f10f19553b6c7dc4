-- The rows of the last @age_ms, of at most @limit conversations after @after that changed since: what a node may have
-- missed on the bus. The last row of a conversation tells whether it changed: one probe each of those that are open.
WITH fresh AS (
    SELECT c.id, c.site_id, c.department_id, c.contact_id, c.last_seq
    FROM conversations c JOIN conversation_log t ON t.conversation_id = c.id AND t.seq = c.last_seq
    WHERE c.id > @after AND t.created_at >= statement_timestamp() - make_interval(secs => @age_ms::float8 / 1000)
        AND (c.status <> 'resolved' OR c.resolved_at >= statement_timestamp() - make_interval(secs => @age_ms::float8 / 1000))
    ORDER BY c.id LIMIT @limit
)
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data, l.created_at
FROM fresh c JOIN conversation_log l ON l.conversation_id = c.id AND l.seq > c.last_seq - 200
WHERE l.created_at >= statement_timestamp() - make_interval(secs => @age_ms::float8 / 1000)
ORDER BY l.conversation_id, l.seq
