-- Changes a canned reply that the agent may change, if it is still as they saw it (@version 0 = whatever it is). No row = none such, or changed; its place stays.
UPDATE canned_replies c SET shortcut = @shortcut, title = @title, updated_by = @by::uuid, updated_at = @at, version = c.version + 1
WHERE c.id = @id AND (@all::boolean OR c.site_id = ANY (@sites::integer[])) AND (@version::integer = 0 OR c.version = @version::integer)
  AND (c.department_id IS NULL OR @departments::integer[] IS NULL OR c.department_id = ANY (@departments::integer[]))
  AND (c.owner_id = @agent::uuid OR (c.owner_id IS NULL AND @shared::boolean))
RETURNING c.id, c.version
