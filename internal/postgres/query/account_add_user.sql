-- One account with its walls, in one statement: no user without sites is ever seen.
-- Without sites it gets every site there is; it joins the oldest team of each.
-- users_email_unique refuses a second account with the address.
WITH added AS (
    INSERT INTO users (id, email, name, role, locale, all_departments, password_hash)
    VALUES (@id::uuid, @email, @name, @role, @locale, @all_departments, @password_hash)
    RETURNING id, created_at
), walls AS (
    INSERT INTO user_sites (user_id, site_id)
    SELECT added.id, s.id FROM added, sites s
    WHERE cardinality(@sites::int[]) = 0 OR s.id = ANY(@sites::int[])
    RETURNING site_id
), inner_walls AS (
    INSERT INTO user_departments (user_id, department_id)
    SELECT added.id, d.id FROM added, departments d WHERE d.id = ANY(@departments::int[])
), joined AS (
    INSERT INTO team_members (team_id, user_id)
    SELECT DISTINCT ON (t.site_id) t.id, added.id
    FROM added, teams t JOIN walls ON walls.site_id = t.site_id
    WHERE @all_departments OR t.department_id = ANY(@departments::int[])
    ORDER BY t.site_id, t.created_at, t.id
)
SELECT created_at FROM added
