-- What the statistics of a site are made of.
SELECT id, article_id, locale, kind, content FROM kb_variants WHERE site_id = @site
