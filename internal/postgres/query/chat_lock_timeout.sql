-- Bounds every wait for a lock in this transaction: 55P03 afterwards.
SELECT set_config('lock_timeout', '3s', true)
