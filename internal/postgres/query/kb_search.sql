-- Both legs of a search in one statement and one snapshot, with the epoch it belongs to. Every row lies within the
-- caller's scope and audience. Texts are not among what it returns: the caller has them in memory, as of that epoch. Beside the hits stands the model in use, which may be another than the question's. A site without a hit still returns one row (variant_id null), a site out of scope none.
WITH dense AS MATERIALIZED (
    SELECT NULL::bigint AS variant_id, NULL::double precision AS distance LIMIT 0 -- the server puts a dense leg here (kb_dense*.sql)
), scored AS MATERIALIZED (
    SELECT p.variant_id, sum(p.weight * q.idf) AS bm25
    FROM unnest(@terms::text[], @idfs::real[]) AS q (term, idf)
    JOIN kb_posting p ON p.site_id = @site AND p.term = q.term
    WHERE p.audience <= @audience
      AND (@all_departments::boolean OR p.department_id IS NULL OR p.department_id = ANY (@departments::integer[]))
    GROUP BY p.variant_id
), lexical AS (
    SELECT variant_id FROM scored ORDER BY bm25 DESC, variant_id LIMIT @candidates
), hit AS (
    SELECT variant_id, max(distance) AS distance
    FROM (SELECT variant_id, distance FROM dense UNION ALL SELECT variant_id, NULL FROM lexical) AS legs
    GROUP BY variant_id
)
SELECT k.epoch, (SELECT fingerprint FROM model_uses WHERE task = 'embed') AS active, h.variant_id,
       -coalesce(h.distance, (SELECT e.embedding <#> @vector::halfvec FROM kb_embeddings e -- only where the other leg found it
           WHERE e.variant_id = h.variant_id AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = @fingerprint))) AS cosine,
       coalesce(s.bm25, 0) AS bm25
FROM kb_epochs k
LEFT JOIN (hit h LEFT JOIN scored s ON s.variant_id = h.variant_id) ON true
WHERE k.site_id = @site AND (@all_sites::boolean OR k.site_id = ANY (@sites::integer[]))
