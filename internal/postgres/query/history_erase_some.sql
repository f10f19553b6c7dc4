-- Locks some conversations of a contact and of those merged into it. Only resolved ones: what is reopened and taken this
-- moment would leave its weight with the agent; the caller resolves it and comes again.
SELECT c.id, c.site_id, c.department_id, c.contact_id FROM conversations c
WHERE c.contact_id IN (SELECT k.id FROM contacts k WHERE k.id = @id OR k.merged_into = @id) AND c.status = 'resolved'
ORDER BY c.id LIMIT @limit FOR UPDATE
