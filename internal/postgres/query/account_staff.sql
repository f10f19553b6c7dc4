-- The people who can work at a site, by name: all admins, and agents of it. The caller has checked the site.
SELECT u.id::text AS id, u.name
FROM users u
WHERE NOT u.disabled
  AND (u.role = 'admin' OR EXISTS (SELECT 1 FROM user_sites us WHERE us.user_id = u.id AND us.site_id = @site))
ORDER BY u.name, u.id
LIMIT 1000
