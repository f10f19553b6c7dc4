-- The dense leg by the index over a model's vectors: nearly the nearest, within the same filters. The index belongs to one
-- model and size, so both stand here as numbers (32767 and 3999, put in by the server): a parameter would not be seen to
-- imply the index's condition. Without the index the answer is the same, only slower.
SELECT e.variant_id, (e.embedding::halfvec(3999)) <#> @vector::halfvec(3999) AS distance
FROM kb_embeddings e
WHERE e.site_id = @site AND e.model_id = 32767 AND e.audience <= @audience
  AND (@all_departments::boolean OR e.department_id IS NULL OR e.department_id = ANY (@departments::integer[]))
ORDER BY (e.embedding::halfvec(3999)) <#> @vector::halfvec(3999)
LIMIT @candidates
