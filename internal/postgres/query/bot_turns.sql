-- The newest turns of the bot at a site within scope since @since that were stored whole, each with the number of all. The index
-- conversation_log_day serves it; what the visitor said afterwards is looked up for the returned ones only.
WITH turns AS MATERIALIZED (
    SELECT l.conversation_id, l.seq, l.department_id, l.created_at
    FROM conversation_log l
    WHERE l.author_kind = 'bot' AND l.created_at >= @since AND l.site_id = @site::int AND l.data->'extra' ? 'asked'
      AND scope_allows(l.site_id, l.department_id, NULL, @all, @sites, @departments, @contact)
), newest AS MATERIALIZED (
    SELECT * FROM turns ORDER BY created_at DESC, conversation_id, seq DESC LIMIT @limit::int
)
SELECT t.conversation_id::text AS conversation, t.seq, t.department_id AS department, t.created_at AS at, l.data->'extra' AS extra,
       ARRAY(SELECT b->>'id' FROM jsonb_array_elements(CASE jsonb_typeof(l.data->'buttons') WHEN 'array' THEN l.data->'buttons' ELSE '[]' END) b) AS buttons,
       coalesce(n.data->>'button' = 'none_of_these', false) OR coalesce(f.helpful = 'false', false) AS turned_down,
       coalesce(f.helpful = 'true', false) AS helpful,
       EXISTS (SELECT FROM bot_judgements j WHERE j.conversation_id = t.conversation_id AND j.seq = t.seq AND j.verdict = 'wrong') AS wrong,
       (SELECT count(*) FROM turns) AS total
FROM newest t
JOIN conversation_log l ON l.conversation_id = t.conversation_id AND l.seq = t.seq
LEFT JOIN LATERAL (
    SELECT o.data FROM conversation_log o
    WHERE o.conversation_id = t.conversation_id AND o.seq > t.seq AND o.author_kind = 'visitor' AND o.kind = 'message'
    ORDER BY o.seq LIMIT 1
) n ON true
LEFT JOIN LATERAL (
    SELECT o.data->'feedback'->>'helpful' AS helpful FROM conversation_log o
    WHERE o.conversation_id = t.conversation_id AND o.seq > t.seq AND o.kind = 'feedback' AND o.data->'feedback'->>'seq' = t.seq::text
    ORDER BY o.seq DESC LIMIT 1
) f ON true
ORDER BY t.created_at DESC, t.conversation_id, t.seq DESC
