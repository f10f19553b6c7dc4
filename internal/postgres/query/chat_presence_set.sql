-- An agent's presence. A chosen @presence is stored, and leaves the agent with another node that lives; an empty one
-- brings them to @node and keeps what they chose. One who was never here (no seen_at) has chosen nothing.
INSERT INTO agents (user_id, presence, node, seen_at)
VALUES (@user, coalesce(nullif(@presence::text, ''), 'online'), @node, statement_timestamp())
ON CONFLICT (user_id) DO UPDATE SET
    presence = CASE WHEN @presence::text <> '' THEN @presence::text WHEN agents.seen_at IS NULL THEN 'online' ELSE agents.presence END,
    node = CASE WHEN @presence::text <> '' AND EXISTS (SELECT FROM nodes n WHERE n.id = agents.node AND n.lease_until > statement_timestamp())
        THEN agents.node ELSE excluded.node END,
    seen_at = excluded.seen_at
RETURNING presence
