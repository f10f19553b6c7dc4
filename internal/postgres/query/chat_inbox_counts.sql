-- How many conversations each view holds.
SELECT count(*) FILTER (WHERE c.status <> 'resolved' AND c.owner = 'queue'),
    count(*) FILTER (WHERE c.status <> 'resolved' AND c.owner = 'human' AND c.assignee_id = @user),
    count(*) FILTER (WHERE c.status <> 'resolved' AND c.owner = 'bot'),
    count(*) FILTER (WHERE c.status <> 'resolved' AND c.owner = 'human'),
    count(*) FILTER (WHERE c.status = 'resolved'),
    count(*) FILTER (WHERE c.status <> 'resolved')
FROM conversations c
WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
