-- Another model's vector for a sample.
UPDATE gap_samples SET model = @model, embedding = @embedding::text::halfvec WHERE conversation_id = @conversation AND seq = @seq
