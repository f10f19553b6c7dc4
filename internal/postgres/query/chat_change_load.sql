-- Moves an agent's load by one conversation. It never falls below zero.
UPDATE agents SET active = greatest(0, active + @by::integer) WHERE user_id = @agent
