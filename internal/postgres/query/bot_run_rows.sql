-- The rows of a run within scope after the n-th, in order, each with the number of all; rows of no department are seen by every department.
SELECT x.n, coalesce(x.department_id, 0) AS department, coalesce(x.conversation_id::text, '') AS conversation, coalesce(x.seq, 0) AS seq,
       coalesce(x.question_id, 0) AS saved, x.question, x.change, x.worse, x.before, x.after, x.total
FROM (
    SELECT r.*, count(*) OVER () AS total
    FROM bot_run_rows r
    WHERE r.run_id = @id::uuid AND (@change::text = '' OR r.change = @change::text OR (@change::text = 'worse' AND r.worse))
      AND (r.department_id IS NULL AND (@all::boolean OR r.site_id = ANY(@sites::int[]))
           OR scope_allows(r.site_id, r.department_id, NULL, @all, @sites, @departments, @contact))
) x
WHERE x.n > @after::int ORDER BY x.n LIMIT @limit::int
