-- The presence of an agent that counts now: a node without a lease makes it offline.
SELECT CASE WHEN n.lease_until > now() THEN a.presence ELSE 'offline' END
FROM agents a
LEFT JOIN nodes n ON n.id = a.node
WHERE a.user_id = $1::uuid
