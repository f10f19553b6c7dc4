-- The heads of a site, by the fingerprint of the model.
SELECT m.fingerprint, h.head
FROM kb_heads h JOIN kb_models m ON m.id = h.model_id
WHERE h.site_id = @site
