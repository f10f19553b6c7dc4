-- Waits until nobody publishes and keeps everybody from it until the transaction ends, which must be soon. The number is
-- that of model_read_lock.sql. An advisory lock, because its queue is fair: a switch is not starved by publications.
SELECT pg_advisory_xact_lock(1717857653)
