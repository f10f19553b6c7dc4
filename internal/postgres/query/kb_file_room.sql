-- How many bytes a site's files take, with the site's row locked: two uploads at once cannot pass the limit together.
SELECT coalesce((SELECT sum(bytes) FROM kb_files WHERE site_id = s.id), 0)::bigint FROM sites s WHERE s.id = @site FOR UPDATE
