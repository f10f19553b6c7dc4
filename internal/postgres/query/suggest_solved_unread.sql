-- Conversations resolved after a time whose log was not read to its end, the oldest first.
SELECT c.id, c.last_seq, c.resolved_at
FROM conversations c
LEFT JOIN solved_reads r ON r.conversation_id = c.id
WHERE c.status = 'resolved' AND c.resolved_at > @since AND (r.upto IS NULL OR r.upto < c.last_seq)
ORDER BY c.resolved_at, c.id
LIMIT @limit
