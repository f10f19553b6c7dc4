-- The site of a gap within scope that was not merged away; no row otherwise.
SELECT g.site_id FROM gaps g
WHERE g.id = @id AND g.state <> 'merged' AND scope_allows(g.site_id, g.department_id, NULL::uuid, @all, @sites, @departments, NULL::uuid)
