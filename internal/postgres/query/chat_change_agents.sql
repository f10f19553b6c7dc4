-- Locks the agents of a change, by id, and makes the rows of those who never signed in, with the capacity that their site
-- gives to everybody. Returns their load.
INSERT INTO agents (user_id, cap)
SELECT u.id, coalesce((SELECT (r.config ->> 'default_cap')::integer FROM routing_settings r JOIN user_sites us ON us.site_id = r.site_id
    WHERE us.user_id = u.id ORDER BY r.site_id LIMIT 1), 5)
FROM unnest($1::uuid[]) AS u (id) ORDER BY 1
ON CONFLICT (user_id) DO UPDATE SET active = agents.active
RETURNING user_id, active, cap
