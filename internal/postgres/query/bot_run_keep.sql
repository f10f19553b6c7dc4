-- Holds a run on for its lease and stores progress and rows; without a row returned it was cancelled or taken over, and nothing is stored.
WITH held AS (
    UPDATE bot_runs SET lease_until = now() + @hold::interval, total = @total::int, done = @done::int
    WHERE id = @id::uuid AND lease = @lease::uuid AND state = 'running'
    RETURNING id, site_id
), added AS (
    INSERT INTO bot_run_rows (run_id, n, site_id, department_id, conversation_id, seq, question_id, question, change, worse, before, after)
    SELECT held.id, x.n, held.site_id, nullif(x.department, 0), x.conversation, nullif(x.seq, 0), nullif(x.saved, 0), x.question, x.change, x.worse, x.before, x.after
    FROM held, unnest(@ns::int[], @departments::int[], @conversations::uuid[], @seqs::int[], @saved::bigint[], @questions::text[], @changes::text[], @worse::boolean[], @befores::jsonb[], @afters::jsonb[])
        AS x (n, department, conversation, seq, saved, question, change, worse, before, after)
)
SELECT id::text FROM held
