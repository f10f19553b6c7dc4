-- Agents who did not leave although their node's lease ended more than @grace_ms ago, and those of @node who chose to be
-- offline that long ago and still hold what they were given before (idle_since: their load last changed).
SELECT a.user_id, a.node, false AS chose
FROM agents a JOIN nodes n ON n.id = a.node
WHERE n.lease_until < statement_timestamp() - make_interval(secs => @grace_ms::float8 / 1000)
UNION ALL
SELECT a.user_id, a.node, true
FROM agents a
WHERE a.node = @node::uuid AND a.presence = 'offline'
    AND greatest(a.chosen_at, a.idle_since) < statement_timestamp() - make_interval(secs => @grace_ms::float8 / 1000)
    AND EXISTS (SELECT FROM conversations c WHERE c.assignee_id = a.user_id AND c.owner = 'human' AND c.status <> 'resolved')
ORDER BY 1
