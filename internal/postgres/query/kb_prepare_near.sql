-- As kb_prepare.sql, for a search by the index: it goes on until enough rows pass the filters, nearest first. Without
-- sorting, that index is the only way to the order asked for.
SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('jit', 'off', true), set_config('enable_sort', 'off', true),
       set_config('hnsw.ef_search', @ef::text, true), set_config('hnsw.iterative_scan', 'strict_order', true),
       set_config('hnsw.max_scan_tuples', '50000', true), set_config('hnsw.scan_mem_multiplier', '8', true),
       (SELECT ARRAY[h.model_id, h.dims, h.ef, h.least] FROM kb_hnsw h JOIN kb_models m ON m.id = h.model_id
        WHERE h.site_id = @site AND m.fingerprint = @fingerprint AND h.least > 0) AS near
