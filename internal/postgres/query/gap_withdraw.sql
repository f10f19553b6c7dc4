-- A visitor who votes for an answer after all takes their sample away.
DELETE FROM gap_samples WHERE conversation_id = @conversation AND seq = @seq AND reason = 'thumbs_down'
