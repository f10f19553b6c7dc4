-- The nodes of this database that live, or lived within the last hour, the longest-lived first.
SELECT id, name, address, version, started_at, lease_until > statement_timestamp(), visitors, agents, reached
FROM nodes
WHERE lease_until > statement_timestamp() - interval '1 hour'
ORDER BY lease_until > statement_timestamp() DESC, started_at, id
