-- The department of a team of this site, locked.
SELECT department_id FROM teams WHERE id = $1 AND site_id = $2 FOR UPDATE
