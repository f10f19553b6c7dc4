-- An agent's capacity on single channels: exactly these, others have none of their own.
WITH given AS (
    SELECT channel, cap FROM unnest(@channels::text[], @caps::integer[]) AS g (channel, cap)
), freed AS (
    UPDATE agent_channels SET cap = NULL WHERE user_id = @user AND channel <> ALL (SELECT channel FROM given)
)
INSERT INTO agent_channels (user_id, channel, cap) SELECT @user, channel, cap FROM given
ON CONFLICT (user_id, channel) DO UPDATE SET cap = excluded.cap
