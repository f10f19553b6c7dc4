-- The account with this lower-case e-mail address, with what it may touch: an admin every site.
SELECT u.id::text AS id, u.email, u.name, u.role, u.locale, u.all_departments, u.password_hash, u.disabled, u.created_at,
       CASE WHEN u.role = 'admin' THEN ARRAY(SELECT s.id FROM sites s ORDER BY s.id)
            ELSE ARRAY(SELECT us.site_id FROM user_sites us WHERE us.user_id = u.id ORDER BY us.site_id) END AS sites,
       ARRAY(SELECT ud.department_id FROM user_departments ud WHERE ud.user_id = u.id ORDER BY ud.department_id) AS departments
FROM users u
WHERE u.email = $1
