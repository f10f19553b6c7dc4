-- Samples that are still followed and whose conversations have rows that were not looked at, or have moved behind
-- another wall.
SELECT s.conversation_id, s.seq, s.reason, c.last_seq, c.department_id, c.department_id <> s.department_id AS moved
FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
WHERE s.follow_until > @now AND (s.checked_seq < c.last_seq OR c.department_id <> s.department_id)
ORDER BY s.happened_at DESC LIMIT @limit
