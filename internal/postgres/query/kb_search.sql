-- Both legs of a search in one statement and one snapshot, with the epoch it belongs to. Every row lies within the
-- caller's scope. Beside the hits stands the model in use, which may be another than the question's. A site without a hit still returns one row (variant_id null), a site out of scope none.
WITH dense AS MATERIALIZED (
    SELECT e.variant_id, e.embedding <#> @vector::halfvec AS distance -- minus the inner product; all vectors have length 1
    FROM kb_embeddings e
    WHERE e.site_id = @site
      AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = @fingerprint)
      AND (@all_departments::boolean OR e.department_id IS NULL OR e.department_id = ANY (@departments::integer[]))
    ORDER BY distance, e.variant_id
    LIMIT @candidates
), scored AS MATERIALIZED (
    SELECT p.variant_id, sum(p.weight * q.idf) AS bm25
    FROM unnest(@terms::text[], @idfs::real[]) AS q (term, idf)
    JOIN kb_posting p ON p.site_id = @site AND p.term = q.term
    WHERE @all_departments::boolean OR p.department_id IS NULL OR p.department_id = ANY (@departments::integer[])
    GROUP BY p.variant_id
), lexical AS (
    SELECT variant_id FROM scored ORDER BY bm25 DESC, variant_id LIMIT @candidates
), hit AS (
    SELECT v.id, v.article_id, v.locale, v.kind, v.content,
           -(e.embedding <#> @vector::halfvec) AS cosine,
           coalesce(s.bm25, 0) AS bm25
    FROM kb_variants v
    LEFT JOIN kb_embeddings e ON e.variant_id = v.id AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = @fingerprint)
    LEFT JOIN scored s ON s.variant_id = v.id
    -- As an array: a join is planned for a tenth of all variants, whatever the limits are, and reads the whole table.
    WHERE v.id = ANY (ARRAY(SELECT variant_id FROM dense UNION SELECT variant_id FROM lexical))
)
SELECT k.epoch, (SELECT fingerprint FROM model_uses WHERE task = 'embed') AS active,
       h.id AS variant_id, h.article_id, h.locale, h.kind, h.content, h.cosine, coalesce(h.bm25, 0) AS bm25
FROM kb_epochs k
LEFT JOIN hit h ON true
WHERE k.site_id = @site AND (@all_sites::boolean OR k.site_id = ANY (@sites::integer[]))
