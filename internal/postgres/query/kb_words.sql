-- The word list of a site.
SELECT id, kind, locale, words FROM kb_words WHERE site_id = @site ORDER BY id
