-- The last rows of a conversation within scope, newest first, without what only staff reads: a row of the bot's
-- carries up to 16 KiB of it, which its own next turn does not need.
SELECT l.conversation_id, l.seq, l.client_id, c.site_id, c.department_id, c.contact_id,
    l.author_kind, l.author_id, l.author_name, l.kind, l.content, l.data - 'extra' AS data, l.created_at
FROM conversations c JOIN conversation_log l ON l.conversation_id = c.id
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY l.seq DESC LIMIT @limit
