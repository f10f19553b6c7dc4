-- The links of a conversation within scope, newest first.
SELECT t.id, t.conversation_id, t.site_id, t.made_by = 'visitor', t.agent_id, coalesce(u.name, ''), t.locale,
    t.created_at, t.expires_at, t.revoked_at, t.opened
FROM transcript_links t
JOIN conversations c ON c.id = t.conversation_id
LEFT JOIN users u ON u.id = t.agent_id
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY t.created_at DESC, t.id DESC LIMIT 100
