-- An agent's presence. A chosen @presence is stored, and leaves the agent with another node that lives; an empty one
-- brings them to @node and keeps what they chose. One who was never here (no seen_at) has chosen nothing. Who comes
-- online begins to be idle. The first time they get the capacity that their site gives to everybody. What is chosen while
-- no socket is open does not bring them back to a node that they have left.
WITH here AS (
    INSERT INTO agent_nodes (user_id, node) SELECT @user::uuid, @node::uuid WHERE @presence::text = '' ON CONFLICT DO NOTHING
)
INSERT INTO agents (user_id, presence, node, seen_at, chosen_at, reason, cap)
VALUES (@user, coalesce(nullif(@presence::text, ''), 'online'), @node, statement_timestamp(), statement_timestamp(), @reason,
    coalesce((SELECT (r.config ->> 'default_cap')::integer FROM routing_settings r JOIN user_sites us ON us.site_id = r.site_id
        WHERE us.user_id = @user ORDER BY r.site_id LIMIT 1), 5))
ON CONFLICT (user_id) DO UPDATE SET
    presence = CASE WHEN @presence::text <> '' THEN @presence::text WHEN agents.seen_at IS NULL THEN 'online' ELSE agents.presence END,
    reason = CASE WHEN @presence::text <> '' THEN @reason::text ELSE agents.reason END,
    node = CASE WHEN @presence::text <> '' AND EXISTS (SELECT FROM nodes n WHERE n.id = agents.node AND n.lease_until > statement_timestamp())
        THEN agents.node ELSE excluded.node END,
    left_at = CASE WHEN @presence::text <> '' AND EXISTS (SELECT FROM nodes n WHERE n.id = agents.node AND n.lease_until > statement_timestamp())
        THEN agents.left_at END,
    chosen_at = CASE WHEN agents.seen_at IS NULL OR (@presence::text <> '' AND agents.presence <> @presence::text)
        THEN statement_timestamp() ELSE agents.chosen_at END,
    idle_since = CASE WHEN agents.node IS NULL OR (@presence::text = 'online' AND agents.presence <> 'online')
        THEN statement_timestamp() ELSE agents.idle_since END,
    seen_at = excluded.seen_at
RETURNING presence
