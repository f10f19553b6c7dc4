-- The data of a live session, by the SHA-256 of its token.
SELECT data FROM sessions WHERE token = $1 AND expiry > now()
