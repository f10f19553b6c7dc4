-- People who can work, with what routing looks at; @users NULL = all. Presence counts only while the node's lease lasts,
-- and while they have a socket (left_at).
SELECT u.id::text AS id, u.name,
    ARRAY(SELECT us.site_id FROM user_sites us WHERE us.user_id = u.id ORDER BY 1) AS sites,
    ARRAY(SELECT ud.department_id FROM user_departments ud WHERE ud.user_id = u.id ORDER BY 1) AS departments,
    u.all_departments OR u.role = 'admin' AS all_departments,
    ARRAY(SELECT tm.team_id::text FROM team_members tm WHERE tm.user_id = u.id ORDER BY 1) AS teams,
    coalesce((SELECT jsonb_agg(jsonb_build_object('site', sk.site_id, 'name', sk.skill, 'level', sk.level) ORDER BY sk.site_id, sk.skill)
        FROM agent_skills sk WHERE sk.user_id = u.id), '[]') AS skills,
    coalesce((SELECT jsonb_object_agg(ch.channel, ch.cap) FROM agent_channels ch WHERE ch.user_id = u.id AND ch.cap IS NOT NULL), '{}') AS caps,
    coalesce(a.languages, '{}') AS languages,
    CASE WHEN n.id IS NOT NULL THEN a.presence ELSE 'offline' END AS presence,
    coalesce(a.reason, '') AS reason, coalesce(n.id::text, '') AS node,
    coalesce(a.cap, 5) AS cap, coalesce(a.idle_since, u.created_at) AS idle_since
FROM users u
LEFT JOIN agents a ON a.user_id = u.id
LEFT JOIN nodes n ON n.id = a.node AND n.lease_until > statement_timestamp() AND a.left_at IS NULL
WHERE NOT u.disabled AND (@users::uuid[] IS NULL OR u.id = ANY(@users::uuid[]))
