-- Gives back the lock of kb_learn_lock.sql.
SELECT pg_advisory_unlock(1717857381, @site::integer)
