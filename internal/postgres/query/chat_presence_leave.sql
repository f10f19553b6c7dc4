-- Takes an agent offline, unless another node has them by now: without a node nobody is online, and presence keeps what
-- they chose.
UPDATE agents SET node = NULL, seen_at = statement_timestamp()
WHERE user_id = @user AND node IS NOT DISTINCT FROM @node
