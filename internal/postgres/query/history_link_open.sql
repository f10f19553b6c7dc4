-- A live link, its opening counted; within a minute of the last that counted it is the same one, and nothing is written. No
-- row: it opens nothing (any more).
WITH counted AS (
    UPDATE transcript_links SET opened = opened + 1, opened_at = @at
    WHERE id = @id AND revoked_at IS NULL AND expires_at > @at::timestamptz AND (opened_at IS NULL OR opened_at <= @at::timestamptz - interval '1 minute')
    RETURNING 1
)
SELECT t.id, t.conversation_id, t.site_id, t.made_by = 'visitor', t.agent_id, '', t.locale, t.created_at, t.expires_at, t.revoked_at,
    t.opened + (SELECT count(*) FROM counted)::integer
FROM transcript_links t WHERE t.id = @id AND t.revoked_at IS NULL AND t.expires_at > @at::timestamptz
