-- Locks a contact of the site, so that its starts come one after the other.
SELECT id, site_id, name, email, locale FROM contacts WHERE id = @contact AND site_id = @site
FOR NO KEY UPDATE
