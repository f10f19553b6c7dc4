-- Whether a conversation has rows of history_transcript.sql before @seq.
SELECT EXISTS (SELECT FROM conversation_log WHERE conversation_id = @id AND seq < @seq AND kind NOT IN ('note', 'edited', 'deleted'))
