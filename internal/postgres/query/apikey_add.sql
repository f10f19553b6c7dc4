-- One key with its audit row, in one statement: none is ever made unseen.
WITH added AS (
    INSERT INTO api_keys (id, site_id, name, hash, prefix, permissions, requests_per_minute, tokens_per_minute, created_by, created_at, expires_at)
    VALUES (@id::uuid, @site, @name, @hash, @prefix, @permissions, @requests, @tokens, @created_by, @created_at, @expires_at::timestamptz)
    RETURNING id
)
INSERT INTO audit_log (at, actor, action, object, detail, site_id)
SELECT @created_at, @created_by, 'apikey.create', added.id::text, @name, @site FROM added
