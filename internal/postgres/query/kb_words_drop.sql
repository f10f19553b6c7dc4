-- Deletes groups of words of a site.
DELETE FROM kb_words WHERE site_id = @site AND id = ANY (@ids::bigint[])
