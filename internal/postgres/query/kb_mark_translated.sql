-- Notes that a published translation says what the newest one says.
UPDATE kb_articles a
SET text_revision = (SELECT max(o.text_revision) FROM kb_articles o WHERE o.site_id = a.site_id AND o.id = a.id AND o.published_version IS NOT NULL)
WHERE a.site_id = @site AND a.id = @id AND a.locale = @locale AND a.published_version IS NOT NULL
  AND (@all_sites::boolean OR a.site_id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR a.department_id IS NULL OR a.department_id = ANY (@departments::integer[]))
