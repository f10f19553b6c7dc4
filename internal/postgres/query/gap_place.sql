-- Puts a sample that has no gap yet into one.
UPDATE gap_samples SET gap_id = @gap, typical = @typical, model = @model, embedding = @embedding::text::halfvec
WHERE conversation_id = @conversation AND seq = @seq AND gap_id IS NULL
