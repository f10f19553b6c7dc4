-- How common the commonest terms are, as the planner's statistics have it (element frequencies, pg_stats).
SELECT most_common_elems::text::text[], most_common_elem_freqs[1:cardinality(most_common_elems::text::text[])]
FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'history_parts' AND attname = 'terms'
    AND most_common_elems IS NOT NULL
