-- Locks a contact of the site, so that its starts come one after the other.
SELECT id, site_id, name, email, locale, identified_at IS NOT NULL FROM contacts
WHERE id = @contact AND site_id = @site AND left_at IS NULL -- who moved into another contact is no visitor any more
FOR NO KEY UPDATE
