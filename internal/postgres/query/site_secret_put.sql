-- Replaces a site's secret; the one before it stays good for a while.
INSERT INTO site_identity (site_id, secret, made_by)
SELECT s.id, @secret, @by FROM sites s WHERE s.id = @site AND (@all OR s.id = ANY (@sites::integer[]))
ON CONFLICT (site_id) DO UPDATE SET previous = site_identity.secret, previous_until = @until, secret = excluded.secret, made_at = now(), made_by = excluded.made_by
RETURNING site_id
