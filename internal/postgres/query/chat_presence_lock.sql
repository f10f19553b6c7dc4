-- Locks agents, by id: what they were given is seen by the statements that follow, and whoever gives them something sees what those change.
SELECT user_id FROM agents WHERE user_id = ANY(@users::uuid[]) ORDER BY user_id FOR UPDATE
