-- Takes or renews the lease on gathering gaps. No row: another node has it.
UPDATE gap_work SET holder = @holder, lease_until = statement_timestamp() + make_interval(secs => @lasts)
WHERE holder = @holder OR lease_until < statement_timestamp()
RETURNING read_to
