-- The routing of each site that has one.
SELECT site_id, version, config, updated_at, updated_by FROM routing_settings
