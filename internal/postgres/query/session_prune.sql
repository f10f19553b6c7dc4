-- Removes sessions that have expired.
DELETE FROM sessions WHERE expiry <= now()
