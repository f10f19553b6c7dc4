-- What an automatic assignment is judged by, after the agent's row was locked: a statement of its own, so that it sees what
-- was committed meanwhile. What is offered to them counts as load, but for the conversation itself; one
-- that is offered to somebody is not assigned without their answer.
SELECT a.presence = 'online' AND a.left_at IS NULL AND EXISTS (SELECT FROM nodes n WHERE n.id = a.node AND n.lease_until > statement_timestamp()) AS online,
    a.active + coalesce((SELECT sum(o.weight) FROM routing_offers o
        WHERE o.user_id = a.user_id AND o.conversation_id <> @id AND o.expires_at > statement_timestamp()), 0) + @weight <= a.cap AS room,
    coalesce((SELECT c.cap IS NULL OR c.active + coalesce((SELECT sum(o.weight) FROM routing_offers o
            WHERE o.user_id = a.user_id AND o.channel = c.channel AND o.conversation_id <> @id AND o.expires_at > statement_timestamp()), 0) + @weight <= c.cap
        FROM agent_channels c WHERE c.user_id = a.user_id AND c.channel = @channel), true) AS channel_room,
    CASE WHEN @offer::uuid IS NULL THEN NOT EXISTS (SELECT FROM routing_offers o WHERE o.conversation_id = @id AND o.expires_at > statement_timestamp())
        ELSE EXISTS (SELECT FROM routing_offers o
            WHERE o.id = @offer AND o.conversation_id = @id AND o.user_id = a.user_id AND o.expires_at > statement_timestamp()) END AS offered
FROM agents a WHERE a.user_id = @agent
