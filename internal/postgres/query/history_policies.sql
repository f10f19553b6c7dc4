-- The retention policy of each site of a scope, also where nothing is set, with the last run there.
SELECT s.id, coalesce(p.version, 0), coalesce(p.anonymous_days, 0), coalesce(p.identified_days, 0), coalesce(p.updated_by, ''), coalesce(u.name, ''),
    p.updated_at, r.started_at, r.ended_at, coalesce(r.conversations, 0), coalesce(r.messages, 0), coalesce(r.contacts, 0)
FROM sites s
LEFT JOIN retention_policies p ON p.site_id = s.id
LEFT JOIN users u ON u.id::text = p.updated_by
LEFT JOIN LATERAL (SELECT * FROM retention_runs r WHERE r.site_id = s.id ORDER BY r.id DESC LIMIT 1) r ON true
WHERE @all::boolean OR s.id = ANY (@sites::integer[])
ORDER BY s.id
