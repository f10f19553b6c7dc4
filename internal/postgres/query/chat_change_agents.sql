-- Locks the agents of a change, by id, and makes the rows of those who never signed in. Returns their load.
INSERT INTO agents (user_id) SELECT unnest($1::uuid[]) ORDER BY 1
ON CONFLICT (user_id) DO UPDATE SET active = agents.active
RETURNING user_id, active, cap
