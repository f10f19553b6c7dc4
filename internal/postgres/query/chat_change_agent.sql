-- The agent a conversation of this site and department may be given to.
SELECT u.name FROM users u
WHERE u.id = @agent AND NOT u.disabled
    AND EXISTS (SELECT FROM user_sites s WHERE s.user_id = u.id AND s.site_id = @site)
    AND (u.all_departments OR u.role = 'admin'
        OR EXISTS (SELECT FROM user_departments d WHERE d.user_id = u.id AND d.department_id = @department))
