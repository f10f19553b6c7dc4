-- Prepares a session for building: memory for the graph of some 300,000 vectors of 256 values (beyond it, building goes on on
-- disk), and no parallel workers where they may spoil the index (pgvector before 0.8.2). Parallel builds take the lock's node.
SELECT set_config('maintenance_work_mem', '256MB', false), set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
       CASE WHEN string_to_array(split_part(extversion, '-', 1), '.')::integer[] < ARRAY[0, 8, 2]
            THEN set_config('max_parallel_maintenance_workers', '0', false) END
FROM pg_extension WHERE extname = 'vector'
