-- Only one node learns from a site at a time; the lock is its session's. The first number is "fdle".
SELECT pg_try_advisory_lock(1717857381, @site::integer)
