-- Deletes a saved question within scope.
DELETE FROM bot_questions q
WHERE q.id = @id::bigint AND q.site_id = @site::int
  AND (q.department_id IS NULL AND (@all::boolean OR q.site_id = ANY(@sites::int[]))
       OR scope_allows(q.site_id, q.department_id, NULL, @all, @sites, @departments, @contact))
