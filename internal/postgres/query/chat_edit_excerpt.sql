-- The inbox shows the last message that has a text.
UPDATE conversations c SET last_message = coalesce((SELECT left(l.content, 200) FROM conversation_log l
    WHERE l.conversation_id = c.id AND l.kind = 'message' AND l.content <> '' ORDER BY l.seq DESC LIMIT 1), '')
WHERE c.id = @id
