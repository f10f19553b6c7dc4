-- The dense leg, exact: the nearest vectors of the model among everything of the site that the audience may see.
SELECT e.variant_id, e.embedding <#> @vector::halfvec AS distance -- minus the inner product; all vectors have length 1
FROM kb_embeddings e
WHERE e.site_id = @site AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = @fingerprint) AND e.audience <= @audience
ORDER BY distance, e.variant_id
LIMIT @candidates
