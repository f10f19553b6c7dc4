-- The department of a team of this site.
SELECT department_id FROM teams WHERE id = @team AND site_id = @site
