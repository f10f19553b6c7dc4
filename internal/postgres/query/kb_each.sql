-- Every published article of a site within scope, by id and locale, for streaming.
SELECT a.site_id, a.id, a.locale, coalesce(a.department_id, 0) AS department_id, v.title, v.questions, v.answer, v.tags,
       v.audience, v.floor, v.handover, v.next, v.owner, v.review_at, v.expires_at, v.version, v.author, a.updated_at
FROM kb_articles a
JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale AND v.version = a.published_version
WHERE a.site_id = @site
  AND (@all_sites::boolean OR a.site_id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR a.department_id IS NULL OR a.department_id = ANY (@departments::integer[]))
ORDER BY a.id, a.locale
