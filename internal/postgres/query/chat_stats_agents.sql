-- How many agents of the scope's sites are online on a living node.
SELECT count(*)::integer
FROM agents a
JOIN nodes n ON n.id = a.node AND n.lease_until > statement_timestamp()
WHERE a.presence = 'online' AND (@all::boolean
    OR EXISTS (SELECT FROM user_sites s WHERE s.user_id = a.user_id AND s.site_id = ANY (@sites::integer[])))
