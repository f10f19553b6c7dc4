-- Takes what was indexed of these articles out of the index; vectors and postings go with it.
DELETE FROM kb_variants v
USING unnest(@ids::text[], @locales::text[]) AS n (id, locale)
WHERE v.site_id = @site AND v.article_id = n.id AND v.locale = n.locale
