-- The epoch of a site and what was learnt of it, by the fingerprint of the model.
SELECT k.epoch, (
    SELECT coalesce(jsonb_object_agg(m.fingerprint, c.calibration), '{}')
    FROM kb_calibrations c JOIN kb_models m ON m.id = c.model_id
    WHERE c.site_id = k.site_id) AS adaptations
FROM kb_epochs k
WHERE k.site_id = @site
