-- Whoever becomes the same contact does so one after another, up to the transaction's lock_timeout. Taken before all other
-- locks, and by nobody else.
SELECT pg_advisory_xact_lock(hashtextextended('frontdesk identify ' || @contact::text, 0))
