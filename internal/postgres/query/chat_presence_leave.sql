-- Takes an agent, whose row is locked, offline, unless another node has them by now: without a node nobody is online, and
-- presence keeps what they chose. With a socket on another living node they are that one's.
WITH gone AS (
    DELETE FROM agent_nodes WHERE user_id = @user AND node IS NOT DISTINCT FROM @node
)
UPDATE agents SET seen_at = statement_timestamp(), left_at = NULL, node = (
    SELECT an.node FROM agent_nodes an JOIN nodes n ON n.id = an.node AND n.lease_until > statement_timestamp()
    WHERE an.user_id = @user AND an.node IS DISTINCT FROM @node ORDER BY an.node LIMIT 1)
WHERE user_id = @user AND node IS NOT DISTINCT FROM @node
