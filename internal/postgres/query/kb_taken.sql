-- Which of these texts (normalised) are questions or titles of other published articles of the site, within scope.
SELECT DISTINCT n.ord, v.article_id, v.locale
FROM unnest(@contents::text[]) WITH ORDINALITY AS n (content, ord)
JOIN kb_variants v ON v.site_id = @site AND v.content = n.content AND v.kind IN (1, 2) AND v.article_id <> @id
WHERE (@all_sites::boolean OR v.site_id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR v.department_id IS NULL OR v.department_id = ANY (@departments::integer[]))
ORDER BY n.ord, v.article_id, v.locale
