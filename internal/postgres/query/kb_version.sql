-- One version of a translation, published or not. Both walls apply: the article's as it is now, and the version's own.
SELECT a.site_id, a.id, a.locale, coalesce(v.department_id, 0) AS department_id, v.title, v.questions, v.answer, v.tags,
       v.audience, v.floor, v.handover, v.next, v.owner, v.review_at, v.expires_at, v.version, v.author, v.created_at AS updated_at
FROM kb_articles a
JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale
WHERE a.site_id = @site AND a.id = @id AND a.locale = @locale AND v.version = @version
  AND (@all_sites::boolean OR a.site_id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR a.department_id IS NULL OR a.department_id = ANY (@departments::integer[]))
  AND (@all_departments::boolean OR v.department_id IS NULL OR v.department_id = ANY (@departments::integer[]))
