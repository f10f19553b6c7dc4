-- What an agent of the site speaks and may do; no row = none of it. own_cap holds once the capacity was changed for them.
INSERT INTO agents (user_id, languages, cap, own_cap)
SELECT us.user_id, @languages::text[], @cap, true FROM user_sites us JOIN users u ON u.id = us.user_id AND NOT u.disabled
WHERE us.user_id = @user AND us.site_id = @site
ON CONFLICT (user_id) DO UPDATE SET languages = excluded.languages, cap = excluded.cap, own_cap = agents.own_cap OR agents.cap <> excluded.cap
RETURNING user_id::text
