-- The departments of a scope and a filter.
SELECT id FROM departments
WHERE (@all::boolean OR (site_id = ANY (@sites::integer[]) AND (@departments::integer[] IS NULL OR id = ANY (@departments::integer[]))))
    AND (@site::integer = 0 OR site_id = @site::integer) AND (@department::integer = 0 OR id = @department::integer)
ORDER BY id
