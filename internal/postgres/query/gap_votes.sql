-- Answers voted on since @since with the last vote on each, oldest vote first. @before as in gap_news.
SELECT a.conversation_id, a.seq, c.site_id, c.department_id, c.contact_id, v.created_at,
    (v.data->'feedback'->>'helpful')::boolean AS helpful, coalesce(a.data->'extra', '{}') AS extra, a.data->'source' AS source, b.extra AS before,
    coalesce(nullif(c.locale, ''), k.locale) AS locale, statement_timestamp() AS read_at
FROM conversation_log v
JOIN conversation_log a ON a.conversation_id = v.conversation_id AND a.seq = (v.data->'feedback'->>'seq')::integer
JOIN conversations c ON c.id = v.conversation_id
JOIN contacts k ON k.id = c.contact_id
LEFT JOIN LATERAL (
    SELECT o.data->'extra' AS extra FROM conversation_log o
    WHERE o.conversation_id = a.conversation_id AND o.seq < a.seq AND o.author_kind = 'bot'
        AND coalesce(o.data->'extra'->>'question', '') <> ''
        AND o.seq > coalesce((SELECT max(p.seq) FROM conversation_log p
            WHERE p.conversation_id = a.conversation_id AND p.seq < a.seq AND (p.author_kind = 'agent' OR p.kind = 'resolved')), 0)
    ORDER BY o.seq DESC LIMIT 1
) b ON true
WHERE v.kind = 'feedback' AND v.created_at >= @since
    AND NOT EXISTS (SELECT FROM conversation_log w WHERE w.conversation_id = v.conversation_id AND w.seq > v.seq
        AND w.kind = 'feedback' AND w.data->'feedback'->>'seq' = v.data->'feedback'->>'seq')
ORDER BY v.created_at LIMIT @limit
