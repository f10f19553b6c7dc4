-- Makes the members be exactly these. The team is locked.
WITH gone AS (
    DELETE FROM team_members WHERE team_id = @team AND user_id <> ALL (@members::uuid[])
)
INSERT INTO team_members (team_id, user_id) SELECT @team, unnest(@members::uuid[])
ON CONFLICT (team_id, user_id) DO NOTHING
