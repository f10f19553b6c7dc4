-- What an agent holds who is still with this node (or none) and has no socket on another that lives, or with @chose one
-- who is still offline by choice; the shortest wait first: released one by one to the head of the queue, the one that waits longest ends up first.
SELECT id FROM conversations
WHERE EXISTS (SELECT FROM agents a WHERE a.user_id = @user AND a.node IS NOT DISTINCT FROM @node AND (NOT @chose::boolean OR a.presence = 'offline'))
    AND (@chose::boolean OR NOT EXISTS (SELECT FROM agent_nodes an JOIN nodes n ON n.id = an.node AND n.lease_until > statement_timestamp()
        WHERE an.user_id = @user AND an.node IS DISTINCT FROM @node))
    AND assignee_id = @user AND owner = 'human' AND status <> 'resolved'
ORDER BY coalesce(waiting_since, 'infinity') DESC, created_at DESC
