-- Locks a conversation that waits at this owner epoch.
SELECT site_id, department_id FROM conversations
WHERE id = @id AND owner = 'queue' AND owner_epoch = @epoch AND status <> 'resolved'
FOR NO KEY UPDATE
