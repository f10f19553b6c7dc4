-- The edits of the row @seq until now lose their text: it counts no more.
UPDATE conversation_log SET content = ''
WHERE conversation_id = @id AND kind = 'edited' AND (data ->> 'target')::integer = @seq AND content <> ''
