-- What the statistics of a site are made of, in the order of the ids, with the vectors of a model (@fingerprint '' = without any).
SELECT v.id, v.article_id, v.locale, v.kind, v.content, coalesce(v.department_id, 0), v.audience, halfvec_send(e.embedding) AS vector
FROM kb_variants v
LEFT JOIN kb_embeddings e ON e.variant_id = v.id AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = nullif(@fingerprint, ''))
WHERE v.site_id = @site
ORDER BY v.id
