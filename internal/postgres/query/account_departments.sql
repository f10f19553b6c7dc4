-- The departments of a site, by name.
SELECT id, site_id AS site, name FROM departments WHERE site_id = $1 ORDER BY name
