-- Some of the site's own questions with their vectors, the same ones each time, evenly from all of it.
SELECT v.id, e.embedding::text
FROM kb_variants v
JOIN kb_embeddings e ON e.variant_id = v.id AND e.model_id = @model
WHERE v.site_id = @site AND v.kind = 1
ORDER BY hashint8(v.id), v.id
LIMIT @sample
