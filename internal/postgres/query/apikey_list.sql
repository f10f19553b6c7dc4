-- The keys of the sites that the scope holds as a whole: a key reaches every department of its site.
SELECT id::text, site_id AS site, name, hash, prefix, permissions, requests_per_minute, tokens_per_minute, created_by, created_at,
       expires_at, last_used_at, revoked_at
FROM api_keys
WHERE @all::boolean OR (@all_departments::boolean AND site_id = ANY(@sites::int[]))
ORDER BY created_at DESC, id
