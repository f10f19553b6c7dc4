-- One entry is added to the block list at a time: two for the same target become one. The number is "fdbl".
SELECT pg_advisory_xact_lock(1717854828)
