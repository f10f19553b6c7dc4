-- Keeps the search in the same transaction from starting parallel workers and from compiling (both cost more than the
-- scan), and from being planned anew each time (planning costs as much as both legs on a small knowledge base). Returns how
-- the site's vectors of the model may be searched: model, dimensions, ef, least candidates; null = exactly.
SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('jit', 'off', true),
       (SELECT ARRAY[h.model_id, h.dims, h.ef, h.least] FROM kb_hnsw h JOIN kb_models m ON m.id = h.model_id
        WHERE h.site_id = @site AND m.fingerprint = @fingerprint AND h.least > 0) AS near
