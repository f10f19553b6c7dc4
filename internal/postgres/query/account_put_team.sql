-- Adds the team, or finds the one of this name, and adds the members it lacks; nobody is removed.
WITH put AS (
    INSERT INTO teams (id, site_id, department_id, name) VALUES (@id::uuid, @site, @department, @name)
    ON CONFLICT ON CONSTRAINT teams_name_unique DO UPDATE SET name = excluded.name
    RETURNING id
), joined AS (
    INSERT INTO team_members (team_id, user_id)
    SELECT put.id, m::uuid FROM put, unnest(@members::text[]) m
    ON CONFLICT DO NOTHING
)
SELECT id::text FROM put
