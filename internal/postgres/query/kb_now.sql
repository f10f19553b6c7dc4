-- What is published and in use at a site at this moment: three rows by primary key.
SELECT k.epoch,
    coalesce((SELECT fingerprint FROM model_uses WHERE task = 'embed'), '') AS fingerprint,
    coalesce((SELECT fingerprint FROM model_uses WHERE task = 'rerank'), '') AS pair
FROM kb_epochs k
WHERE k.site_id = @site
