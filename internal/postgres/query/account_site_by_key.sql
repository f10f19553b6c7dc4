-- The site with this public key; an empty key means the oldest site.
SELECT id, key, name, locale, coalesce(default_department, 0) AS default_department
FROM sites
WHERE key = $1 OR $1 = ''
ORDER BY id
LIMIT 1
