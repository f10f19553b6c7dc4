-- Moves everything that an anonymous contact has to the one that they proved to be, their words' authorship too: a
-- message that is sent again under the new name is the one that stands there. Links that the visitor made no longer
-- open: whoever had the old token has them too.
WITH moved AS (
    UPDATE conversations SET contact_id = @into WHERE contact_id = @from RETURNING id
), words AS (
    UPDATE conversation_log l SET author_id = @into FROM moved
    WHERE l.conversation_id = moved.id AND l.author_kind = 'visitor' AND l.author_id = @from
), links AS (
    UPDATE transcript_links t SET revoked_at = now() FROM moved
    WHERE t.conversation_id = moved.id AND t.made_by = 'visitor' AND t.revoked_at IS NULL
), samples AS (
    UPDATE gap_samples SET contact_id = @into WHERE contact_id = @from
), blocks AS (
    UPDATE contact_blocks SET contact_id = @into WHERE contact_id = @from
)
SELECT count(*)::integer FROM moved
