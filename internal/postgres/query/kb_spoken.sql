-- The languages in which a site has published articles within scope, and those of one article's translations that are
-- outdated: another one was changed since. One row.
WITH a AS (
    SELECT id, locale, text_revision FROM kb_articles
    WHERE site_id = @site AND published_version IS NOT NULL
      AND (@all_sites::boolean OR site_id = ANY (@sites::integer[]))
      AND (@all_departments::boolean OR department_id IS NULL OR department_id = ANY (@departments::integer[]))
)
SELECT coalesce((SELECT array_agg(DISTINCT locale) FROM a), '{}') AS locales,
       coalesce((SELECT array_agg(t.locale) FROM a t WHERE t.id = @id AND t.text_revision < (SELECT max(o.text_revision) FROM a o WHERE o.id = @id)), '{}') AS outdated
