-- Locks the contacts of a move, by id. After the conversations, as everywhere.
SELECT id FROM contacts WHERE id IN (@from, @into) OR merged_into = @from ORDER BY id FOR UPDATE
