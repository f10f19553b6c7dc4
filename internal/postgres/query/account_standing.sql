-- How an agent stands with the router. Presence counts only while the node's lease lasts.
SELECT CASE WHEN n.lease_until > now() THEN a.presence ELSE 'offline' END AS presence, a.reason, a.active, a.cap
FROM agents a LEFT JOIN nodes n ON n.id = a.node
WHERE a.user_id = @user
