-- Of the rows (@conversations, @cids; arrays of the same length) those that stand in the log, by conversation and seq.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data, l.created_at
FROM unnest(@conversations::uuid[], @cids::uuid[]) AS k (conversation_id, client_id)
JOIN conversations c ON c.id = k.conversation_id
JOIN conversation_log l ON l.conversation_id = k.conversation_id AND l.client_id = k.client_id
WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY l.conversation_id, l.seq
