-- The sample of a week's answers: those of the smallest digests, so that everybody draws the same ones and nobody chooses.
-- @seed is of the site and the week. While the week lasts the sample may still change; verdicts stay with their answers.
WITH answers AS (
    SELECT l.conversation_id, l.seq, l.created_at, md5(@seed::text || l.conversation_id::text || l.seq::text) AS digest
    FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id
    WHERE l.created_at >= @from AND l.created_at < @to AND (l.kind = 'handover' OR l.author_kind = 'bot')
        AND l.author_kind = 'bot' AND l.kind = 'message' AND l.data ? 'source'
        AND coalesce(l.data->>'reason', '') <> 'chosen' -- who picks from a menu gets what they picked: nothing to judge
        AND c.site_id = @site AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
), drawn AS (
    SELECT *, (SELECT count(*) FROM answers) AS total FROM answers ORDER BY digest LIMIT @limit
)
SELECT d.conversation_id, d.seq, d.created_at, d.total::integer, l.content, coalesce(l.data->'source'->>'article', '') AS article,
    coalesce(l.data->'source'->>'title', '') AS title, coalesce((l.data->'source'->>'confidence')::float8, 0) AS confidence,
    coalesce(nullif(l.data->'extra'->'asked'->>'text', ''), l.data->'extra'->>'question', '') AS question,
    coalesce((SELECT string_agg(v.content, E'\n' ORDER BY v.seq) FROM conversation_log v WHERE v.conversation_id = d.conversation_id AND v.kind = 'message' AND v.author_kind = 'visitor'
        AND v.seq < d.seq AND v.seq > coalesce((SELECT max(b.seq) FROM conversation_log b WHERE b.conversation_id = d.conversation_id AND b.seq < d.seq AND b.kind = 'message' AND b.author_kind <> 'visitor'), 0)), '') AS said,
    coalesce(a.verdict, '') AS verdict, coalesce(u.name, '') AS judge
FROM drawn d JOIN conversation_log l ON l.conversation_id = d.conversation_id AND l.seq = d.seq
LEFT JOIN bot_audits a ON a.conversation_id = d.conversation_id AND a.seq = d.seq
LEFT JOIN users u ON u.id = a.judge
ORDER BY d.digest
