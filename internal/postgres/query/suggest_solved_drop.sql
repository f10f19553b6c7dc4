-- Empties a past answer within scope for good: the texts go, the row stays so that reading the conversation again does not bring it back.
UPDATE solved_answers s SET deleted = true, question = '-', answer = '-', embedding = NULL, model = ''
FROM conversations c
WHERE s.id = @id AND c.id = s.conversation_id AND NOT s.deleted AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
