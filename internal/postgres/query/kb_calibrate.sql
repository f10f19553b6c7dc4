-- Stores the confidence fitted on @epoch to the vectors of @model and raises the epoch, so that every node takes it. A
-- publish since then makes it a no-op, unless the model has none yet: one that is a publish old is better than none.
WITH raised AS (
    UPDATE kb_epochs SET epoch = epoch + 1
    WHERE site_id = @site
      AND (epoch = @epoch OR NOT EXISTS (SELECT 1 FROM kb_calibrations c WHERE c.site_id = @site AND c.model_id = @model))
    RETURNING site_id
)
INSERT INTO kb_calibrations (site_id, model_id, calibration)
SELECT site_id, @model, @calibration::jsonb FROM raised
ON CONFLICT (site_id, model_id) DO UPDATE SET calibration = excluded.calibration
