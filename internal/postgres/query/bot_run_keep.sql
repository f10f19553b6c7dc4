-- Holds a run on for its lease and stores progress and rows; without a row returned it was cancelled or taken over, and nothing is stored.
-- A row has the conversation whose words it repeats, also by way of a saved question, so that it is forgotten with it; what
-- was forgotten since it was read is passed over.
WITH held AS (
    UPDATE bot_runs SET lease_until = now() + @hold::interval, total = @total::int, done = @done::int
    WHERE id = @id::uuid AND lease = @lease::uuid AND state = 'running'
    RETURNING id, site_id
), given AS MATERIALIZED (
    SELECT x.*, coalesce(x.conversation, q.conversation) AS source, coalesce(nullif(x.seq, 0), q.seq) AS place, x.saved > 0 AND q.id IS NULL AS gone
    FROM unnest(@ns::int[], @departments::int[], @conversations::uuid[], @seqs::int[], @saved::bigint[], @questions::text[], @changes::text[], @worse::boolean[], @befores::jsonb[], @afters::jsonb[])
        AS x (n, department, conversation, seq, saved, question, change, worse, before, after)
    LEFT JOIN LATERAL (
        SELECT b.id, split_part(o.origin, '/', 1)::uuid AS conversation, split_part(o.origin, '/', 2)::int AS seq
        FROM bot_questions b
        LEFT JOIN LATERAL (SELECT b.origin WHERE b.origin ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[1-9][0-9]{0,8}$') o ON true
        WHERE b.id = x.saved
    ) q ON true
), alive AS MATERIALIZED (
    SELECT c.id FROM conversations c WHERE c.id IN (SELECT source FROM given) ORDER BY c.id FOR KEY SHARE
), added AS (
    INSERT INTO bot_run_rows (run_id, n, site_id, department_id, conversation_id, seq, question_id, question, change, worse, before, after)
    SELECT held.id, x.n, held.site_id, nullif(x.department, 0), x.source, x.place, nullif(x.saved, 0), x.question, x.change, x.worse, x.before, x.after
    FROM held, given x
    WHERE NOT x.gone AND (x.source IS NULL OR x.source IN (SELECT id FROM alive))
)
SELECT id::text FROM held
