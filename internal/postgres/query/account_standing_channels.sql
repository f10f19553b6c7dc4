-- The channels that an agent has a capacity of their own for.
SELECT channel, active, cap FROM agent_channels WHERE user_id = @user AND cap IS NOT NULL ORDER BY channel
