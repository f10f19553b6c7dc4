-- The routing of one site within scope; no row = no such site there. version 0 = nothing is set.
SELECT coalesce(r.version, 0), coalesce(r.config, '{}'), r.updated_at, coalesce(r.updated_by, '')
FROM sites s LEFT JOIN routing_settings r ON r.site_id = s.id
WHERE s.id = @site::int AND (@all::boolean OR s.id = ANY(@sites::int[]))
