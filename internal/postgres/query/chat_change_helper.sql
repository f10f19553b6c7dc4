-- Somebody is asked to take part; asked again, the last words count. The conversation is locked.
INSERT INTO conversation_helpers (conversation_id, user_id, site_id, department_id, invited_by, reason)
VALUES (@id, @agent, @site, @department, @by, @reason)
ON CONFLICT (conversation_id, user_id) DO UPDATE SET
    invited_by = excluded.invited_by, reason = excluded.reason, invited_at = now()
