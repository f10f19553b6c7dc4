-- The saved questions of a site within scope by id; those of no department are seen by every department.
SELECT q.id, q.site_id AS site, coalesce(q.department_id, 0) AS department, q.audience, q.locale, q.question, q.previous, q.want, q.articles, q.kind, q.origin,
       q.created_by, q.created_at, q.updated_at
FROM bot_questions q
WHERE q.site_id = @site::int
  AND (q.department_id IS NULL AND (@all::boolean OR q.site_id = ANY(@sites::int[]))
       OR scope_allows(q.site_id, q.department_id, NULL, @all, @sites, @departments, @contact))
ORDER BY q.id LIMIT @limit::int
