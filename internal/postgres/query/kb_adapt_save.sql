-- Stores what was learnt of a site for a model; what was there is deleted already (kb_adapt_drop.sql). An empty head is none.
WITH head AS (
    INSERT INTO kb_heads (site_id, model_id, head)
    SELECT @site, @model, @head::bytea WHERE octet_length(@head::bytea) > 0
)
INSERT INTO kb_calibrations (site_id, model_id, calibration) VALUES (@site, @model, @calibration::jsonb)
