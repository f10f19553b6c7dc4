-- What was learnt from a conversation, whose text has just changed, is learnt again from what it says now.
WITH gone AS (
    DELETE FROM solved_answers WHERE conversation_id = @id AND NOT deleted
)
DELETE FROM solved_reads WHERE conversation_id = @id
