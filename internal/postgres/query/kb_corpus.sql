-- What the statistics of a site are made of, with the vectors of a model (@fingerprint '' = without any).
SELECT v.id, v.article_id, v.locale, v.kind, v.content, halfvec_send(e.embedding) AS vector
FROM kb_variants v
LEFT JOIN kb_embeddings e ON e.variant_id = v.id AND e.model_id = (SELECT id FROM kb_models WHERE fingerprint = nullif(@fingerprint, ''))
WHERE v.site_id = @site
