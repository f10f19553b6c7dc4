-- Takes or renews the lease on a piece of work. No row: another node has it.
UPDATE history_work SET holder = @holder, lease_until = statement_timestamp() + make_interval(secs => @lasts)
WHERE task = @task AND (holder = @holder OR lease_until < statement_timestamp())
RETURNING read_to, statement_timestamp()
