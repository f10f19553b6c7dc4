-- Receipts at sites of a scope, newest first; with @id that one alone.
SELECT e.id, e.site_id, e.contact_id, e.actor, e.actor_name, e.reason, e.state = 'done', e.asked_at, e.done_at, e.counts
FROM erasures e
WHERE (@all::boolean OR e.site_id = ANY (@sites::integer[])) AND (@id::uuid IS NULL OR e.id = @id::uuid)
ORDER BY e.asked_at DESC, e.id DESC LIMIT @limit
