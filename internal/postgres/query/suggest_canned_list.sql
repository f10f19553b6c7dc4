-- The canned replies that an agent sees: the sites' shared ones, those of departments and teams within reach, their own.
-- Whoever has all departments, an admin, sees every team's, to keep them in order.
SELECT c.id, c.site_id, coalesce(c.department_id, 0) AS department, c.team_id, c.owner_id, c.shortcut, c.title, c.version, c.updated_at, c.updated_by,
       (SELECT jsonb_object_agg(t.locale, t.content) FROM canned_texts t WHERE t.canned_id = c.id) AS texts
FROM canned_replies c
WHERE (@all::boolean OR c.site_id = ANY (@sites::integer[])) AND (@site::integer = 0 OR c.site_id = @site::integer)
  AND (c.department_id IS NULL OR @departments::integer[] IS NULL OR c.department_id = ANY (@departments::integer[]))
  AND (c.owner_id IS NULL OR c.owner_id = @agent::uuid)
  AND (c.team_id IS NULL OR @departments::integer[] IS NULL OR EXISTS (SELECT FROM team_members m WHERE m.team_id = c.team_id AND m.user_id = @agent::uuid))
ORDER BY lower(c.title), c.id
LIMIT 2000
