-- How many agents are online on a living node and may take conversations of this site and department.
SELECT count(*)::integer
FROM agents a
JOIN nodes n ON n.id = a.node AND n.lease_until > statement_timestamp()
JOIN users u ON u.id = a.user_id AND NOT u.disabled
WHERE a.presence = 'online'
    AND EXISTS (SELECT FROM user_sites s WHERE s.user_id = u.id AND s.site_id = @site)
    AND (u.all_departments OR u.role = 'admin'
        OR EXISTS (SELECT FROM user_departments d WHERE d.user_id = u.id AND d.department_id = @department))
