-- The conversations that a move touches: those of the anonymous contact, and the open ones of the other.
SELECT c.id, c.contact_id, c.status, c.last_seq, c.aside FROM conversations c
WHERE c.contact_id = @from OR (c.contact_id = @into AND c.status <> 'resolved') ORDER BY c.id
