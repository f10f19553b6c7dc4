-- An agent's presence on a node. An empty @presence keeps the stored one; offline then turns online.
INSERT INTO agents (user_id, presence, node, seen_at)
VALUES (@user, coalesce(nullif(@presence::text, ''), 'online'), @node, statement_timestamp())
ON CONFLICT (user_id) DO UPDATE SET
    presence = CASE WHEN @presence::text <> '' THEN @presence::text WHEN agents.presence = 'offline' THEN 'online' ELSE agents.presence END,
    node = excluded.node, seen_at = excluded.seen_at
RETURNING presence
