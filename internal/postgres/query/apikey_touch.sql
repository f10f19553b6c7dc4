-- Moves the time of a key's last use on, never back.
UPDATE api_keys SET last_used_at = $2 WHERE id = $1::uuid AND (last_used_at IS NULL OR last_used_at < $2)
