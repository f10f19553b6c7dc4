-- Ends a key within the scope; the first time counts, and only that one leaves an audit row. No row = no such key.
WITH held AS (
    SELECT k.id, k.revoked_at FROM api_keys k
    WHERE k.id = @id::uuid AND (@all::boolean OR (@all_departments::boolean AND k.site_id = ANY(@sites::int[])))
    FOR UPDATE
), ended AS (
    UPDATE api_keys k SET revoked_at = coalesce(held.revoked_at, @at)
    FROM held WHERE k.id = held.id
    RETURNING k.id::text, k.site_id AS site, k.name, k.hash, k.prefix, k.permissions, k.requests_per_minute, k.tokens_per_minute,
              k.created_by, k.created_at, k.expires_at, k.last_used_at, k.revoked_at
), noted AS (
    INSERT INTO audit_log (at, actor, action, object, detail, site_id)
    SELECT @at, @actor, 'apikey.revoke', ended.id, ended.name, ended.site FROM ended, held WHERE held.revoked_at IS NULL
)
SELECT * FROM ended
