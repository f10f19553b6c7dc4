-- Whether the contact that the browser had so far is anonymous, of the site and still there.
SELECT EXISTS (SELECT FROM contacts WHERE id = @contact AND site_id = @site AND identified_at IS NULL AND left_at IS NULL)
