-- Rows that may tell of a gap since @since, oldest first, those that are samples already left out. @before is the bot's
-- last row with a question in the same episode: an episode ends where a person took part or it was resolved.
SELECT l.conversation_id, l.seq, c.site_id, c.department_id, c.contact_id, l.created_at, l.kind, l.author_kind,
    coalesce(l.data->>'reason', '') AS reason, coalesce(l.data->'extra', '{}') AS extra, b.extra AS before,
    coalesce(nullif(c.locale, ''), k.locale) AS locale, statement_timestamp() AS read_at
FROM conversation_log l
JOIN conversations c ON c.id = l.conversation_id
JOIN contacts k ON k.id = c.contact_id
LEFT JOIN LATERAL (
    SELECT o.data->'extra' AS extra FROM conversation_log o
    WHERE o.conversation_id = l.conversation_id AND o.seq < l.seq AND o.author_kind = 'bot'
        AND (coalesce(o.data->'extra'->>'question', '') <> '' OR o.data->>'reason' = 'chosen')
        AND o.seq > coalesce((SELECT max(p.seq) FROM conversation_log p
            WHERE p.conversation_id = l.conversation_id AND p.seq < l.seq AND (p.author_kind = 'agent' OR p.kind = 'resolved')), 0)
    ORDER BY o.seq DESC LIMIT 1
) b ON true
WHERE l.created_at >= @since AND (l.kind = 'handover' OR l.author_kind = 'bot')
    AND l.data->>'reason' = ANY (@reasons)
    AND NOT EXISTS (SELECT FROM gap_samples s WHERE s.conversation_id = l.conversation_id AND s.seq = l.seq)
ORDER BY l.created_at LIMIT @limit
