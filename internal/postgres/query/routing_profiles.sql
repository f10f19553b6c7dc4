-- All who can be given conversations of a site, by name. The caller has checked the site.
SELECT u.id::text AS id, u.name, u.role,
    CASE WHEN n.id IS NOT NULL THEN a.presence ELSE 'offline' END AS presence, coalesce(a.reason, '') AS reason,
    coalesce(a.active, 0) AS active, coalesce(a.cap, @cap::integer) AS cap,
    coalesce((SELECT jsonb_object_agg(ch.channel, ch.cap) FROM agent_channels ch WHERE ch.user_id = u.id AND ch.cap IS NOT NULL), '{}') AS caps,
    ARRAY(SELECT ud.department_id FROM user_departments ud WHERE ud.user_id = u.id ORDER BY 1) AS departments,
    u.all_departments OR u.role = 'admin' AS all_departments,
    ARRAY(SELECT tm.team_id::text FROM team_members tm JOIN teams t ON t.id = tm.team_id WHERE tm.user_id = u.id AND t.site_id = @site ORDER BY 1) AS teams,
    coalesce((SELECT jsonb_agg(jsonb_build_object('name', sk.skill, 'level', sk.level) ORDER BY sk.skill)
        FROM agent_skills sk WHERE sk.user_id = u.id AND sk.site_id = @site), '[]') AS skills,
    coalesce(a.languages, '{}') AS languages
FROM users u
LEFT JOIN agents a ON a.user_id = u.id
LEFT JOIN nodes n ON n.id = a.node AND n.lease_until > statement_timestamp()
WHERE NOT u.disabled AND EXISTS (SELECT FROM user_sites us WHERE us.user_id = u.id AND us.site_id = @site)
ORDER BY u.name, u.id
