-- Keeps the model in use the same until the transaction ends; any number may hold it. The number is "fdmu".
SELECT pg_advisory_xact_lock_shared(1717857653)
