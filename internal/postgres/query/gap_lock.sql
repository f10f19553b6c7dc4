-- A gap within scope that was not merged away, locked.
SELECT g.id, g.revision, g.site_id, g.department_id, g.audience, g.state FROM gaps g
WHERE g.id = @id AND g.state <> 'merged' AND scope_allows(g.site_id, g.department_id, NULL::uuid, @all, @sites, @departments, NULL::uuid)
FOR UPDATE
