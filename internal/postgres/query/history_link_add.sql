-- Adds a link to a conversation within scope that has fewer than @most live ones. No row: not in scope, or too many.
INSERT INTO transcript_links (id, conversation_id, site_id, made_by, agent_id, locale, created_at, expires_at)
SELECT @id, c.id, c.site_id, @made_by, @agent::uuid, @locale, @created_at::timestamptz, @expires_at::timestamptz
FROM conversations c
WHERE c.id = @conversation AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    AND (SELECT count(*) FROM transcript_links t WHERE t.conversation_id = c.id AND t.revoked_at IS NULL AND t.expires_at > @created_at::timestamptz) < @most
RETURNING id
