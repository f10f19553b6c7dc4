-- Only one node builds and measures at a time; the lock is its session's. The number is "fdvi".
SELECT pg_try_advisory_lock(1717859945)
