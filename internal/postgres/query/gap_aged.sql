-- Placed samples whose vectors are of another model than @model. Two ranges, so that the index finds that there are none.
SELECT s.conversation_id, s.seq, s.site_id, s.department_id, s.audience, s.locale, s.contact_id, s.reason, s.question, s.happened_at
FROM gap_samples s WHERE s.gap_id IS NOT NULL AND (s.model < @model OR s.model > @model) LIMIT @limit
