-- These agents, whose rows are locked, have no socket on @node any more. Who was its own is from now on another living
-- node's that has one, else given nothing more while it answers for them.
WITH said AS (
    DELETE FROM agent_nodes WHERE node = @node AND user_id = ANY(@users::uuid[])
)
UPDATE agents a SET node = coalesce(o.node, a.node), left_at = CASE WHEN o.node IS NULL THEN coalesce(a.left_at, statement_timestamp()) END
FROM (
    SELECT u.id, (SELECT an.node FROM agent_nodes an JOIN nodes n ON n.id = an.node AND n.lease_until > statement_timestamp()
        WHERE an.user_id = u.id AND an.node <> @node ORDER BY an.node LIMIT 1) AS node
    FROM unnest(@users::uuid[]) AS u (id)
) o
WHERE a.user_id = o.id AND a.node = @node
