-- One row of a conversation within scope, which the caller has locked.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data, l.created_at
FROM conversations c JOIN conversation_log l ON l.conversation_id = c.id AND l.seq = @seq
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
