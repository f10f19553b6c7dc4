-- Deletes what was learnt of a site for a model.
WITH head AS (
    DELETE FROM kb_heads WHERE site_id = @site AND model_id = @model
)
DELETE FROM kb_calibrations WHERE site_id = @site AND model_id = @model
