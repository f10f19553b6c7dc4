-- Sets an agent's load to what they have in hand, after their row was locked: a statement of its own, so that it sees what
-- was committed meanwhile. Returns whether anything was wrong.
WITH held AS (
    SELECT channel, sum(weight)::integer AS weight FROM conversations
    WHERE assignee_id = @user AND owner = 'human' AND status <> 'resolved' GROUP BY channel
), total AS (
    UPDATE agents SET active = (SELECT coalesce(sum(weight), 0) FROM held)
    WHERE user_id = @user AND active <> (SELECT coalesce(sum(weight), 0) FROM held) RETURNING user_id
), taken AS (
    INSERT INTO agent_channels AS c (user_id, channel, active) SELECT @user, channel, weight FROM held
    ON CONFLICT (user_id, channel) DO UPDATE SET active = excluded.active WHERE c.active <> excluded.active RETURNING c.user_id
), freed AS (
    UPDATE agent_channels SET active = 0
    WHERE user_id = @user AND active <> 0 AND channel NOT IN (SELECT channel FROM held) RETURNING user_id
)
SELECT EXISTS (SELECT FROM total) OR EXISTS (SELECT FROM taken) OR EXISTS (SELECT FROM freed)
