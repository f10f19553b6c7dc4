-- The key of a secret, by the SHA-256 of it; whether it still lets anybody in is the caller's to see.
SELECT id::text, site_id AS site, name, hash, prefix, permissions, requests_per_minute, tokens_per_minute, created_by, created_at,
       expires_at, last_used_at, revoked_at
FROM api_keys
WHERE hash = $1
