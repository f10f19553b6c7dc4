-- Gives past answers the vectors of their questions.
UPDATE solved_answers s SET model = @fingerprint, embedding = k.embedding
FROM unnest(@ids::bigint[], @vectors::halfvec[]) AS k (id, embedding)
WHERE s.id = k.id
