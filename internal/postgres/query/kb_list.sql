-- A page of published articles within scope, by id and locale after @cursor ("locale id"), each with the number of all that match.
WITH found AS (
    SELECT a.site_id, a.id, a.locale, v.title, v.tags, cardinality(v.questions) AS questions, v.version, a.updated_at
    FROM kb_articles a
    JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale AND v.version = a.published_version
    WHERE a.site_id = @site
      AND (@all_sites::boolean OR a.site_id = ANY (@sites::integer[]))
      AND (@all_departments::boolean OR a.department_id IS NULL OR a.department_id = ANY (@departments::integer[]))
      AND (@locale::text = '' OR a.locale = @locale)
      AND (@tag::text = '' OR @tag = ANY (v.tags))
      AND (@search::text = ''
           OR strpos(lower(a.id || ' ' || v.title || ' ' || array_to_string(v.questions, ' ') || ' ' || array_to_string(v.tags, ' ')), lower(@search)) > 0)
)
SELECT f.id, f.locale, f.title, f.tags, f.questions, f.version, f.updated_at,
       (SELECT array_agg(t.locale ORDER BY t.locale) FROM kb_articles t
        WHERE t.site_id = f.site_id AND t.id = f.id AND t.published_version IS NOT NULL
          AND (@all_departments::boolean OR t.department_id IS NULL OR t.department_id = ANY (@departments::integer[]))) AS locales,
       (SELECT count(*) FROM found) AS total
FROM found f
WHERE (f.id, f.locale) > (substr(@cursor::text, strpos(@cursor, ' ') + 1), split_part(@cursor, ' ', 1))
ORDER BY f.id, f.locale
LIMIT @limit
