-- The sites that have enough texts for an index over the vectors of the model in use, or were measured, with that.
SELECT c.site_id, m.id AS model_id, m.fingerprint, c.variants, coalesce(h.variants, 0) AS measured
FROM model_uses u
JOIN kb_models m ON m.fingerprint = u.fingerprint
CROSS JOIN (SELECT site_id, count(*)::integer AS variants FROM kb_variants GROUP BY site_id) AS c
LEFT JOIN kb_hnsw h ON h.site_id = c.site_id AND h.model_id = m.id
WHERE u.task = 'embed' AND (c.variants >= @least OR h.site_id IS NOT NULL)
ORDER BY c.site_id
