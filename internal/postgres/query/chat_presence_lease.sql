-- The node lives for @lease_ms more. Nodes that have been gone for a day, and whose agents have all left, are forgotten.
WITH forgotten AS (
    DELETE FROM nodes WHERE lease_until < statement_timestamp() - interval '1 day' AND id <> @node
        AND NOT EXISTS (SELECT FROM agents a WHERE a.node = nodes.id)
)
INSERT INTO nodes (id, lease_until) VALUES (@node, statement_timestamp() + make_interval(secs => @lease_ms::float8 / 1000))
ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
