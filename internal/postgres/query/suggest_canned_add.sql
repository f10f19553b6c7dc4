-- A new canned reply at a site in scope. A team gives its department; it must be the site's and within scope. No row = no such site or team.
INSERT INTO canned_replies (site_id, department_id, team_id, owner_id, shortcut, title, updated_by, updated_at)
SELECT s.id, t.department_id, t.id, @owner::uuid, @shortcut, @title, @by::uuid, @at
FROM sites s
LEFT JOIN teams t ON t.id = @team::uuid AND t.site_id = s.id AND (@departments::integer[] IS NULL OR t.department_id = ANY (@departments::integer[]))
WHERE s.id = @site AND (@all::boolean OR s.id = ANY (@sites::integer[])) AND (@team::uuid IS NULL OR t.id IS NOT NULL)
  AND (SELECT count(*) FROM canned_replies c WHERE c.site_id = s.id AND c.owner_id IS NOT DISTINCT FROM @owner::uuid) < @most
RETURNING id, version
