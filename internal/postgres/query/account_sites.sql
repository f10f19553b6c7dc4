-- Every site, oldest first. Site names are no customer data.
SELECT id, key, name, locale, coalesce(default_department, 0) AS default_department
FROM sites
ORDER BY id
