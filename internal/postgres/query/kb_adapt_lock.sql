-- Raises the epoch of a site, so that every node takes what is stored in the same transaction. No row = something was
-- published since @epoch, and the model has something already: one that is a publish old is better than none.
UPDATE kb_epochs SET epoch = epoch + 1
WHERE site_id = @site
  AND (epoch = @epoch OR NOT EXISTS (SELECT 1 FROM kb_calibrations c WHERE c.site_id = @site AND c.model_id = @model))
RETURNING epoch
