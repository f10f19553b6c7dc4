-- A new team in a department of the site; none when the department is another's.
INSERT INTO teams (id, site_id, department_id, name)
SELECT @id, d.site_id, d.id, @name FROM departments d WHERE d.id = @department AND d.site_id = @site
