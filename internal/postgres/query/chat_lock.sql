-- Locks those of the conversations $1 (uuid[]) that nobody holds, by id, and remembers them for chat_append in
-- the same transaction. What others hold is passed over: one slow transaction does not stop a batch.
-- What follows in the transaction runs by its cached plan: planning the append anew costs twice its execution. A plan
-- may be made while the tables are empty and kept when they are large: it is to look rows up, not to scan.
-- NO KEY: as strong among writers as FOR UPDATE, but it does not collide with the foreign-key locks of those who
-- only refer to the conversation (an agent's read position, the queue).
SELECT set_config('frontdesk.locked', coalesce(string_agg(id::text, ','), ''), true),
    set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)
FROM (SELECT id FROM conversations WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) l
