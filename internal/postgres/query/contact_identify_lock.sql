-- Locks a contact and those merged into it, by id. After the conversations, as everywhere.
SELECT id FROM contacts WHERE id = @contact OR merged_into = @contact ORDER BY id FOR UPDATE
