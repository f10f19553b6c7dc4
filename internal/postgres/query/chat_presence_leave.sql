-- Takes an agent offline, unless another node has them by now.
UPDATE agents SET presence = 'offline', node = NULL, seen_at = statement_timestamp()
WHERE user_id = @user AND node IS NOT DISTINCT FROM @node
