-- The record of acts, newest first, below @before. Those of no site only for who has every site.
SELECT a.id, a.at, a.actor, coalesce(u.name, ''), a.action, a.object, a.detail, coalesce(a.site_id, 0)
FROM audit_log a LEFT JOIN users u ON u.id::text = a.actor
WHERE (@all::boolean OR a.site_id = ANY (@sites::integer[]) OR a.site_id IS NULL AND NOT EXISTS (SELECT FROM sites s WHERE s.id <> ALL (@sites::integer[])))
    AND (@before::bigint = 0 OR a.id < @before::bigint)
    AND (@from::timestamptz IS NULL OR a.at >= @from::timestamptz) AND (@to::timestamptz IS NULL OR a.at < @to::timestamptz)
    AND (@action = '' OR a.action = @action OR starts_with(a.action, @action || '.'))
    AND (@actor = '' OR a.actor = @actor) AND (@object = '' OR position(lower(@object) IN lower(a.object || ' ' || a.detail)) > 0)
    AND (@site::integer = 0 OR a.site_id = @site::integer)
ORDER BY a.id DESC LIMIT @limit
