-- How far the sides have a conversation within scope, and the agent @user's own position.
SELECT coalesce(m.visitor_delivered, 0), coalesce(m.visitor_read, 0), coalesce(m.agent_delivered, 0), coalesce(m.agent_read, 0),
    coalesce((SELECT p.read_seq FROM read_positions p WHERE p.user_id = @user AND p.conversation_id = c.id), 0)
FROM conversations c LEFT JOIN conversation_marks m ON m.conversation_id = c.id
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
