-- Locks a contact and those merged into it, after the conversations, as everywhere: who begins a conversation or becomes this
-- contact waits, or has done so by the next statement.
SELECT k.id FROM contacts k WHERE k.id = @id OR k.merged_into = @id ORDER BY k.id FOR UPDATE
