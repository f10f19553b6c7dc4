-- Published translations whose time is over, by the database's clock. Reads one range of the index of what expires.
SELECT site_id, id, locale FROM kb_articles
WHERE published_version IS NOT NULL AND expires_at IS NOT NULL AND expires_at <= now()
ORDER BY site_id, id, locale
LIMIT @limit
