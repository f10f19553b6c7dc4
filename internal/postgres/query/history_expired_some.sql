-- Locks some conversations that a policy lets go (the conditions of history_expired.sql), passing over those in use.
SELECT c.id, c.site_id, c.department_id, c.contact_id FROM conversations c JOIN contacts k ON k.id = c.contact_id
WHERE c.site_id = @site AND (c.status = 'resolved' OR c.owner = 'bot')
    AND coalesce(c.resolved_at, c.last_message_at, c.created_at)
        < CASE WHEN k.identified_at IS NOT NULL OR k.name <> '' OR k.email <> '' OR k.phone <> '' THEN @identified::timestamptz ELSE @anonymous::timestamptz END
ORDER BY c.id LIMIT @limit FOR UPDATE OF c SKIP LOCKED
