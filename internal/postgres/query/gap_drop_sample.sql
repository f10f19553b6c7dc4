-- The bot found the answer after all: no gap.
DELETE FROM gap_samples WHERE conversation_id = @conversation AND seq = @seq
