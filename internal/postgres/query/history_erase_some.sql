-- Locks some conversations of a contact and of those merged into it.
SELECT c.id FROM conversations c
WHERE c.contact_id IN (SELECT k.id FROM contacts k WHERE k.id = @id OR k.merged_into = @id)
ORDER BY c.id LIMIT @limit FOR UPDATE
