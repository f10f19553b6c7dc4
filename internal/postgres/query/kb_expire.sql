-- Unpublishes those of the translations whose time is over still: another node, or a new version, may have been faster.
UPDATE kb_articles a
SET published_version = NULL, ended = 'expired', updated_at = now()
FROM unnest(@ids::text[], @locales::text[]) AS n (id, locale)
WHERE a.site_id = @site AND a.id = n.id AND a.locale = n.locale
  AND a.published_version IS NOT NULL AND a.expires_at IS NOT NULL AND a.expires_at <= now()
RETURNING a.id, a.locale
