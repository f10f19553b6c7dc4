-- Agents who did not leave although their node's lease ended more than @grace_ms ago.
SELECT a.user_id, a.node
FROM agents a JOIN nodes n ON n.id = a.node
WHERE n.lease_until < statement_timestamp() - make_interval(secs => @grace_ms::float8 / 1000)
ORDER BY a.user_id
