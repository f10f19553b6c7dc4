-- Those of @users who may read the conversation @id, which lies within the caller's scope.
SELECT u.id, u.name
FROM conversations c
JOIN user_sites s ON s.site_id = c.site_id
JOIN users u ON u.id = s.user_id
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    AND u.id = ANY (@users::uuid[]) AND NOT u.disabled
    AND (u.all_departments OR EXISTS (SELECT FROM user_departments d WHERE d.user_id = u.id AND d.department_id = c.department_id))
ORDER BY u.name, u.id
