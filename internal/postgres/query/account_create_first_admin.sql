-- The first admin, for the holder of the one-time token: deleting the token's row
-- serialises any number of attempts, so one of them succeeds and the token is used up.
-- No row = wrong, used or expired token, or an admin exists.
WITH used AS (
    DELETE FROM settings
    WHERE key = 'setup_token'
      AND value->>'sha256' = @token_hash
      AND (value->>'expires_at')::timestamptz > @now
      AND NOT EXISTS (SELECT FROM users WHERE role = 'admin')
    RETURNING key
), added AS (
    INSERT INTO users (id, email, name, role, locale, all_departments, password_hash)
    SELECT @id::uuid, @email, @name, 'admin', @locale, true, @password_hash FROM used
    RETURNING id, created_at
), walls AS (
    INSERT INTO user_sites (user_id, site_id)
    SELECT added.id, s.id FROM added, sites s
), joined AS (
    INSERT INTO team_members (team_id, user_id)
    SELECT DISTINCT ON (t.site_id) t.id, added.id FROM added, teams t ORDER BY t.site_id, t.created_at, t.id
)
SELECT created_at FROM added
