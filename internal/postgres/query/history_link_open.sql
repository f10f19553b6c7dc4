-- Counts an opening of a live link. No row: it opens nothing (any more).
UPDATE transcript_links t SET opened = t.opened + 1, opened_at = @at
WHERE t.id = @id AND t.revoked_at IS NULL AND t.expires_at > @at::timestamptz
RETURNING t.id, t.conversation_id, t.site_id, t.made_by = 'visitor', t.agent_id, '', t.locale, t.created_at, t.expires_at, t.revoked_at, t.opened
