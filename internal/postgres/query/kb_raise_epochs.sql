-- Makes every reader of every site read its statistics anew, without what was fitted on the vectors of another model.
UPDATE kb_epochs SET epoch = epoch + 1, calibration = NULL
RETURNING site_id
