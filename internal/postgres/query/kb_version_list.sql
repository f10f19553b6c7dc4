-- All versions of a translation within scope, the newest first.
SELECT v.version, v.title, v.author, v.created_at, coalesce(v.restored_from, 0) AS restored_from,
       coalesce(a.published_version = v.version, false) AS published
FROM kb_articles a
JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale
WHERE a.site_id = @site AND a.id = @id AND a.locale = @locale
  AND (@all_sites::boolean OR a.site_id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR a.department_id IS NULL OR a.department_id = ANY (@departments::integer[]))
ORDER BY v.version DESC
