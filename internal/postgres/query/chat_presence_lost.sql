-- Agents who did not leave although their node's lease ended more than @grace_ms ago, or who have no node.
SELECT a.user_id, a.node
FROM agents a LEFT JOIN nodes n ON n.id = a.node
WHERE (a.presence <> 'offline' OR a.node IS NOT NULL)
    AND coalesce(n.lease_until, a.seen_at, '-infinity') < statement_timestamp() - make_interval(secs => @grace_ms::float8 / 1000)
ORDER BY a.user_id
