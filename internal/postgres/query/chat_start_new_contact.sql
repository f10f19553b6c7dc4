-- A new visitor.
INSERT INTO contacts (id, site_id, department_id, locale) VALUES (@contact, @site, @department, @locale)
