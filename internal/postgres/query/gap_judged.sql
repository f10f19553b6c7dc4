-- Answers that an agent called wrong since @since, latest judgement each, oldest first, those that are samples already left
-- out. @before as in gap_news.
SELECT a.conversation_id, a.seq, c.site_id, c.department_id, c.contact_id, max(j.at) AS at, coalesce(a.data->'extra', '{}') AS extra, a.data->'source' AS source,
    b.extra AS before, coalesce(nullif(c.locale, ''), k.locale) AS locale
FROM bot_judgements j
JOIN conversation_log a ON a.conversation_id = j.conversation_id AND a.seq = j.seq
JOIN conversations c ON c.id = j.conversation_id
JOIN contacts k ON k.id = c.contact_id
LEFT JOIN LATERAL (
    SELECT o.data->'extra' AS extra FROM conversation_log o
    WHERE o.conversation_id = a.conversation_id AND o.seq < a.seq AND o.author_kind = 'bot' AND coalesce(o.data->'extra'->>'question', '') <> ''
        AND o.seq > coalesce((SELECT max(p.seq) FROM conversation_log p
            WHERE p.conversation_id = a.conversation_id AND p.seq < a.seq AND (p.author_kind = 'agent' OR p.kind = 'resolved')), 0)
    ORDER BY o.seq DESC LIMIT 1
) b ON true
WHERE j.at >= @since AND j.verdict = 'wrong' AND a.author_kind = 'bot'
    AND NOT EXISTS (SELECT FROM gap_samples s WHERE s.conversation_id = j.conversation_id AND s.seq = j.seq)
GROUP BY a.conversation_id, a.seq, c.site_id, c.department_id, c.contact_id, a.data, b.extra, c.locale, k.locale
ORDER BY max(j.at) LIMIT @limit
