-- How many of these people may work in the department: the rule of chat_change_agent.
SELECT count(*)::integer FROM users u
WHERE u.id = ANY (@members::uuid[]) AND NOT u.disabled
    AND EXISTS (SELECT FROM user_sites s WHERE s.user_id = u.id AND s.site_id = @site)
    AND (u.all_departments OR u.role = 'admin'
        OR EXISTS (SELECT FROM user_departments d WHERE d.user_id = u.id AND d.department_id = @department))
