-- Placed samples whose vectors are of another model than @model, newest first.
SELECT s.conversation_id, s.seq, s.site_id, s.department_id, s.audience, s.locale, s.contact_id, s.reason, s.question, s.happened_at
FROM gap_samples s WHERE s.gap_id IS NOT NULL AND s.model <> @model ORDER BY s.happened_at DESC LIMIT @limit
