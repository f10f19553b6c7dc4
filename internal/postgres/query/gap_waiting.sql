-- Samples without a gap, oldest first.
SELECT s.conversation_id, s.seq, s.site_id, s.department_id, s.audience, s.locale, s.contact_id, s.reason, s.question, s.happened_at
FROM gap_samples s WHERE s.gap_id IS NULL ORDER BY s.happened_at, s.conversation_id, s.seq LIMIT @limit
