-- Moves everything that an anonymous contact has to the one that they proved to be, their words' authorship too: a
-- message that is sent again under the new name is the one that stands there.
WITH moved AS (
    UPDATE conversations SET contact_id = @into WHERE contact_id = @from RETURNING id
), words AS (
    UPDATE conversation_log l SET author_id = @into FROM moved
    WHERE l.conversation_id = moved.id AND l.author_kind = 'visitor' AND l.author_id = @from
), samples AS (
    UPDATE gap_samples SET contact_id = @into WHERE contact_id = @from
), blocks AS (
    UPDATE contact_blocks SET contact_id = @into WHERE contact_id = @from
)
SELECT count(*)::integer FROM moved
