-- The texts that translations of these articles have, or had last, and which state of the text they say. The site's
-- publishing lock is held.
SELECT a.id, a.locale, a.published_version IS NOT NULL AS published, a.text_revision, v.title, v.answer
FROM kb_articles a
JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale
     AND v.version = coalesce(a.published_version, a.last_version)
WHERE a.site_id = @site AND a.id = ANY (@ids::text[])
