-- Forgets links that opened nothing any more for a month.
DELETE FROM transcript_links WHERE expires_at < @before::timestamptz OR revoked_at < @before::timestamptz
