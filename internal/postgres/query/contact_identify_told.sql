-- The rows which say that the anonymous contact @was is @contact: of the last minutes, of open conversations.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data, l.created_at
FROM conversations c JOIN conversation_log l ON l.conversation_id = c.id AND l.seq > c.last_seq - 200
WHERE c.contact_id = @contact AND c.status <> 'resolved' AND l.kind = 'identified' AND l.data ->> 'was' = @was::text
    AND l.created_at > statement_timestamp() - interval '10 minutes'
ORDER BY l.conversation_id, l.seq
