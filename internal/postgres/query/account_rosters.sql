-- The teams within the scope with their enabled members. Presence counts only while the node's lease lasts and they have a page open;
-- who is invisible looks away to colleagues, here as in what their pages hear.
SELECT t.id::text AS id, t.site_id AS site, t.department_id AS department, t.name,
       coalesce(u.id::text, '') AS member, coalesce(u.name, '') AS member_name,
       CASE WHEN n.lease_until > now() AND a.left_at IS NULL THEN CASE a.presence WHEN 'invisible' THEN 'away' ELSE a.presence END ELSE 'offline' END AS presence,
       coalesce(a.active, 0) AS active, coalesce(a.cap, 5) AS cap
FROM teams t
LEFT JOIN team_members m ON m.team_id = t.id
LEFT JOIN users u ON u.id = m.user_id AND NOT u.disabled
LEFT JOIN agents a ON a.user_id = u.id
LEFT JOIN nodes n ON n.id = a.node
WHERE @all OR (t.site_id = ANY(@sites::int[]) AND (@all_departments OR t.department_id = ANY(@departments::int[])))
ORDER BY t.site_id, t.name, u.name, u.id
