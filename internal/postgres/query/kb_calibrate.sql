-- Stores the confidence model fitted on @epoch and raises the epoch, so that every node takes it; a publish since then makes it a no-op.
UPDATE kb_epochs SET calibration = @calibration, epoch = epoch + 1 WHERE site_id = @site AND epoch = @epoch
