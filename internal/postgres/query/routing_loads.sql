-- Agents whose load is not what they have in hand, over all or on a channel. The two change in one transaction: in one snapshot a difference is a leak.
WITH held AS (
    SELECT assignee_id, channel, sum(weight) AS weight FROM conversations
    WHERE owner = 'human' AND assignee_id IS NOT NULL AND status <> 'resolved' GROUP BY assignee_id, channel
)
SELECT a.user_id::text AS id FROM agents a
LEFT JOIN (SELECT assignee_id, sum(weight) AS weight FROM held GROUP BY assignee_id) h ON h.assignee_id = a.user_id
WHERE a.active <> coalesce(h.weight, 0)
UNION
SELECT coalesce(c.user_id, h.assignee_id)::text FROM agent_channels c FULL JOIN held h ON h.assignee_id = c.user_id AND h.channel = c.channel
WHERE coalesce(c.active, 0) <> coalesce(h.weight, 0)
ORDER BY id LIMIT 100
