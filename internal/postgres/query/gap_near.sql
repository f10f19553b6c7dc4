-- The placed samples of one wall that are nearest to a vector of the same model, nearest first.
SELECT s.gap_id, s.question, -(s.embedding <#> @embedding::text::halfvec) AS cosine
FROM gap_samples s
WHERE s.site_id = @site AND s.department_id = @department AND s.audience = @audience AND s.locale = @locale AND s.model = @model
    AND s.gap_id IS NOT NULL
ORDER BY s.embedding <#> @embedding::text::halfvec LIMIT @limit
