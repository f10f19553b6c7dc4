-- Deletes a working copy as it was read.
DELETE FROM kb_drafts d
WHERE d.site_id = @site AND d.article_id = @id AND d.locale = @locale AND d.revision = @revision
  AND (@all_sites::boolean OR d.site_id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR d.department_id IS NULL OR d.department_id = ANY (@departments::integer[]))
