-- Keeps the article versions that rows of the batch answer with published until the commit, and remembers the
-- rows ($1, ordinals from 1) for chat_append. An article that is being published or unpublished at this moment
-- is passed over: its row becomes stale, the batch does not wait.
-- $2 site ids, $3 article ids, $4 locales, $5 versions.
SELECT set_config('frontdesk.articles', coalesce(string_agg(ord::text, ','), ''), true)
FROM (
    SELECT w.ord
    FROM unnest($1::integer[], $2::integer[], $3::text[], $4::text[], $5::integer[]) AS w (ord, site_id, id, locale, version)
    JOIN kb_articles a ON a.site_id = w.site_id AND a.id = w.id AND a.locale = w.locale AND a.published_version = w.version
    ORDER BY a.site_id, a.id, a.locale
    FOR SHARE OF a SKIP LOCKED
) l
