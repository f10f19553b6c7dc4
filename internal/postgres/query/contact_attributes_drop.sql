-- Makes room for what a site keeps from now on.
DELETE FROM contact_attributes WHERE site_id = @site
