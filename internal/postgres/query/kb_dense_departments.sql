-- The dense leg, exact, of some departments and what belongs to none: two ranges of the index, not the whole site.
SELECT variant_id, distance
FROM (
    SELECT e.variant_id, e.embedding <#> @vector::halfvec AS distance
    FROM kb_embeddings e
    WHERE e.site_id = @site AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = @fingerprint) AND e.audience <= @audience
      AND e.department_id IS NULL
    UNION ALL
    SELECT e.variant_id, e.embedding <#> @vector::halfvec AS distance
    FROM kb_embeddings e
    WHERE e.site_id = @site AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = @fingerprint) AND e.audience <= @audience
      AND e.department_id = ANY (@departments::integer[])
) AS within
ORDER BY distance, variant_id
LIMIT @candidates
