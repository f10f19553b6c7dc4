-- The changed row.
UPDATE conversation_log SET content = @content, data = @data WHERE conversation_id = @id AND seq = @seq
