-- Locks the work for this transaction. No row: the lease is no longer the caller's, and it may write nothing.
SELECT true FROM gap_work WHERE holder = @holder AND lease_until > statement_timestamp() FOR UPDATE
