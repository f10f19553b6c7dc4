-- Ends a session; an unknown token is no error.
DELETE FROM sessions WHERE token = $1
