-- What people replied in the latest conversations of a gap that were then resolved for good: their own messages. One
-- whose visitor asked the same again within three days, in whatever conversation, solved nothing.
SELECT s.conversation_id, s.seq, r.author, r.text, s.question, r.at
FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
CROSS JOIN LATERAL (
    SELECT min(l.author_name) AS author, string_agg(l.content, E'\n\n' ORDER BY l.seq) AS text, max(l.created_at) AS at
    FROM conversation_log l
    WHERE l.conversation_id = s.conversation_id AND l.seq = ANY (s.replies) AND l.author_kind = 'agent' AND l.kind = 'message'
) r
WHERE s.gap_id = @id AND cardinality(s.replies) > 0 AND r.text IS NOT NULL
    AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    AND NOT EXISTS (SELECT FROM gap_samples o WHERE o.gap_id = s.gap_id AND o.contact_id = s.contact_id
        AND o.happened_at > r.at AND o.happened_at < r.at + interval '72 hours')
ORDER BY r.at DESC LIMIT @limit
