-- Locks a piece of work for this transaction. No row: the lease is no longer the caller's, and it may write nothing.
SELECT true FROM history_work WHERE task = @task AND holder = @holder AND lease_until > statement_timestamp() FOR UPDATE
