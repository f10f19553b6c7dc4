-- Stores the confidence model fitted on @epoch; a later publish makes it a no-op. The epoch stays: readers take it with the next one.
UPDATE kb_epochs SET calibration = @calibration WHERE site_id = @site AND epoch = @epoch
