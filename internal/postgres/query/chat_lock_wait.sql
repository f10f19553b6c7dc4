-- As chat_lock, but waits for whoever holds one of the conversations, up to the transaction's lock_timeout.
SELECT set_config('frontdesk.locked', coalesce(string_agg(id::text, ','), ''), true),
    set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)
FROM (SELECT id FROM conversations WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE) l
