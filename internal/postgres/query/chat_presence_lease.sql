-- The node lives for @lease_ms more, and says what it is. Nodes that have been gone for a day, and whose agents have all left, are forgotten.
-- Agents with a socket here whose own node died are this node's from now on. Returns how many other nodes live, whether
-- another one lived within the last minute, and whether this node's own lease had ended.
WITH forgotten AS (
    DELETE FROM nodes WHERE lease_until < statement_timestamp() - interval '1 day' AND id <> @node
        AND NOT EXISTS (SELECT FROM agents a WHERE a.node = nodes.id)
), before AS (
    SELECT lease_until FROM nodes WHERE id = @node
), lease AS (
    INSERT INTO nodes (id, lease_until, name, address, version, started_at, visitors, agents, reached)
    VALUES (@node, statement_timestamp() + make_interval(secs => @lease_ms::float8 / 1000), @name, @address, @version,
        statement_timestamp() - make_interval(secs => @up_ms::float8 / 1000), @visitors, @agents, @reached)
    ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until, visitors = excluded.visitors, agents = excluded.agents, reached = excluded.reached
), orphans AS (
    SELECT a.user_id FROM agents a JOIN agent_nodes an ON an.user_id = a.user_id AND an.node = @node JOIN nodes n ON n.id = a.node
    WHERE a.node <> @node AND n.lease_until < statement_timestamp() AND @lease_ms::bigint > 0
    ORDER BY a.user_id FOR UPDATE OF a SKIP LOCKED
), adopted AS (
    UPDATE agents a SET node = @node, left_at = NULL FROM orphans o WHERE a.user_id = o.user_id
)
SELECT count(*) FILTER (WHERE n.lease_until > statement_timestamp())::integer,
    count(*) FILTER (WHERE n.lease_until > statement_timestamp() - interval '1 minute') > 0,
    coalesce((SELECT lease_until < statement_timestamp() FROM before), false)
FROM nodes n WHERE n.id <> @node
