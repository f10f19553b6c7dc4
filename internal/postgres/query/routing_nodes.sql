-- The nodes that live.
SELECT id::text FROM nodes WHERE lease_until > statement_timestamp() ORDER BY 1
