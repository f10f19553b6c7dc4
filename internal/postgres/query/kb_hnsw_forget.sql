-- Forgets what was measured of a model's vectors: of one site, or of all (@site 0).
DELETE FROM kb_hnsw WHERE model_id = @model AND (@site::integer = 0 OR site_id = @site)
