-- Ends a link of a conversation within scope; the first time counts.
UPDATE transcript_links t SET revoked_at = coalesce(t.revoked_at, @at)
FROM conversations c
WHERE t.id = @id AND c.id = t.conversation_id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
RETURNING t.id, t.conversation_id, t.site_id, t.made_by = 'visitor', t.agent_id, '', t.locale, t.created_at, t.expires_at, t.revoked_at, t.opened
