-- How far the published variants of all sites are embedded with a model, and the sites that lack its confidence.
WITH counted AS (
    SELECT v.site_id, count(*) AS variants, count(e.variant_id) AS embedded
    FROM kb_variants v
    LEFT JOIN kb_embeddings e ON e.variant_id = v.id AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = @fingerprint)
    GROUP BY v.site_id
)
SELECT coalesce(sum(variants), 0)::integer AS variants, coalesce(sum(embedded), 0)::integer AS embedded,
       coalesce(array_agg(site_id ORDER BY site_id), '{}')::integer[] AS sites,
       coalesce(array_agg(site_id ORDER BY site_id) FILTER (WHERE NOT EXISTS (
           SELECT 1 FROM kb_calibrations c JOIN kb_models m ON m.id = c.model_id
           WHERE c.site_id = counted.site_id AND m.fingerprint = @fingerprint)), '{}')::integer[] AS unfitted
FROM counted
