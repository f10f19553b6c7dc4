-- Begins the account of a run of a site's policy; runs of two years ago are forgotten.
WITH old AS (DELETE FROM retention_runs WHERE site_id = @site AND started_at < @at::timestamptz - interval '2 years')
INSERT INTO retention_runs (site_id, started_at, actor) VALUES (@site, @at, @actor) RETURNING id
