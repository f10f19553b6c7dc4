-- Moves an agent's load by one conversation, on its channel and over all; it never falls below zero. With @weight, that is
-- what the conversation weighs from now on.
WITH it AS (
    SELECT channel, CASE WHEN @weight::integer > 0 THEN @weight::integer ELSE weight END AS weight FROM conversations WHERE id = @id
), weighed AS (
    UPDATE conversations SET weight = @weight::integer WHERE id = @id AND @weight::integer > 0 AND weight <> @weight::integer
), total AS (
    UPDATE agents SET active = greatest(0, active + @by::integer * (SELECT weight FROM it)), idle_since = statement_timestamp()
    WHERE user_id = @agent
)
INSERT INTO agent_channels (user_id, channel, active)
SELECT @agent, channel, greatest(0, @by::integer * weight) FROM it
ON CONFLICT (user_id, channel) DO UPDATE SET
    active = greatest(0, agent_channels.active + @by::integer * (SELECT weight FROM it))
