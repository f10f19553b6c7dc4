-- Keeps the search in the same transaction from starting parallel workers: their start costs more than the scan.
SELECT set_config('max_parallel_workers_per_gather', '0', true)
