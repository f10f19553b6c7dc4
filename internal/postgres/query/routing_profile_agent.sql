-- What an agent of the site speaks and may do; no row = none of it. own_cap holds once the capacity was changed for them:
-- at first, from what their site gives to everybody.
INSERT INTO agents (user_id, languages, cap, own_cap)
SELECT us.user_id, @languages::text[], @cap, @cap <> coalesce((SELECT (r.config ->> 'default_cap')::integer
    FROM routing_settings r JOIN user_sites s ON s.site_id = r.site_id WHERE s.user_id = us.user_id ORDER BY r.site_id LIMIT 1), 5)
FROM user_sites us JOIN users u ON u.id = us.user_id AND NOT u.disabled
WHERE us.user_id = @user AND us.site_id = @site
ON CONFLICT (user_id) DO UPDATE SET languages = excluded.languages, cap = excluded.cap, own_cap = agents.own_cap OR agents.cap <> excluded.cap
RETURNING user_id::text
