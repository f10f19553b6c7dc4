-- The open conversations that an agent was asked to take part in, the newest first.
SELECT c.id::text, k.name, h.invited_by, h.reason, h.invited_at
FROM conversation_helpers h
JOIN conversations c ON c.id = h.conversation_id AND c.status IN ('open', 'snoozed')
JOIN contacts k ON k.id = c.contact_id
WHERE h.user_id = @user AND c.assignee_id IS DISTINCT FROM @user
    AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY h.invited_at DESC LIMIT 200
