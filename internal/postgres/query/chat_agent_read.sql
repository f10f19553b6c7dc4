-- Raises an agent's read position, never beyond the log's end.
INSERT INTO read_positions (user_id, conversation_id, site_id, department_id, read_seq)
SELECT @user, c.id, c.site_id, c.department_id, least(@seq::integer, c.last_seq)
FROM conversations c
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ON CONFLICT (user_id, conversation_id) DO UPDATE SET read_seq = greatest(read_positions.read_seq, excluded.read_seq)
