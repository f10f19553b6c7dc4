-- Unpublishes translations of an article (@locale '' = all) within scope.
UPDATE kb_articles
SET published_version = NULL, ended = 'archived', updated_at = @at
WHERE site_id = @site AND id = @id AND (@locale::text = '' OR locale = @locale) AND published_version IS NOT NULL
  AND (@all_departments::boolean OR department_id IS NULL OR department_id = ANY (@departments::integer[]))
RETURNING locale
