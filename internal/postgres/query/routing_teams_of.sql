-- How many of these teams are the site's.
SELECT count(*)::integer FROM teams WHERE site_id = @site AND id = ANY(@teams::uuid[])
