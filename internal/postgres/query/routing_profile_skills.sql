-- An agent's skills at a site: exactly these.
WITH given AS (
    SELECT skill, level FROM unnest(@skills::text[], @levels::smallint[]) AS g (skill, level)
), dropped AS (
    DELETE FROM agent_skills WHERE site_id = @site AND user_id = @user AND skill <> ALL (SELECT skill FROM given)
)
INSERT INTO agent_skills (site_id, user_id, skill, level) SELECT @site, @user, skill, level FROM given
ON CONFLICT (site_id, user_id, skill) DO UPDATE SET level = excluded.level
