-- The version of a canned reply that the agent may change.
SELECT c.version FROM canned_replies c
WHERE c.id = @id AND (@all::boolean OR c.site_id = ANY (@sites::integer[]))
  AND (c.department_id IS NULL OR @departments::integer[] IS NULL OR c.department_id = ANY (@departments::integer[]))
  AND (c.owner_id = @agent::uuid OR (c.owner_id IS NULL AND @shared::boolean))
