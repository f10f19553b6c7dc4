-- Keeps the search in the same transaction from starting parallel workers (their start costs more than the scan) and
-- from being planned anew each time (planning costs as much as both legs on a small knowledge base).
SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('plan_cache_mode', 'force_generic_plan', true)
