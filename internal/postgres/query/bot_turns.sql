-- The newest turns of the bot at a site within scope since @since that were stored whole, with the number of all. The index conversation_log_day serves it.
SELECT l.conversation_id::text AS conversation, l.seq, l.department_id AS department, l.created_at AS at, l.data->'extra' AS extra,
       ARRAY(SELECT b->>'id' FROM jsonb_array_elements(CASE jsonb_typeof(l.data->'buttons') WHEN 'array' THEN l.data->'buttons' ELSE '[]' END) b) AS buttons,
       coalesce(n.data->>'button' = 'none_of_these', false) OR coalesce(f.helpful = 'false', false) AS turned_down,
       coalesce(f.helpful = 'true', false) AS helpful,
       EXISTS (SELECT FROM bot_judgements j WHERE j.conversation_id = l.conversation_id AND j.seq = l.seq AND j.verdict = 'wrong') AS wrong,
       count(*) OVER () AS total
FROM conversation_log l
JOIN conversations c ON c.id = l.conversation_id
LEFT JOIN LATERAL (
    SELECT o.data FROM conversation_log o
    WHERE o.conversation_id = l.conversation_id AND o.seq > l.seq AND o.author_kind = 'visitor' AND o.kind = 'message'
    ORDER BY o.seq LIMIT 1
) n ON true
LEFT JOIN LATERAL (
    SELECT o.data->'feedback'->>'helpful' AS helpful FROM conversation_log o
    WHERE o.conversation_id = l.conversation_id AND o.seq > l.seq AND o.kind = 'feedback' AND o.data->'feedback'->>'seq' = l.seq::text
    ORDER BY o.seq DESC LIMIT 1
) f ON true
WHERE l.author_kind = 'bot' AND l.created_at >= @since AND l.site_id = @site::int
  AND l.data->'extra' ? 'asked'
  AND scope_allows(l.site_id, l.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY l.created_at DESC, l.conversation_id, l.seq DESC LIMIT @limit::int
