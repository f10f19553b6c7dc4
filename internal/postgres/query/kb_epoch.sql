-- The epoch of a site and the confidence model fitted on it.
SELECT epoch, calibration FROM kb_epochs WHERE site_id = @site
