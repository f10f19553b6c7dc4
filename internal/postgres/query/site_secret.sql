-- The secret that a site signs proofs with.
SELECT secret, previous, previous_until, made_at, made_by FROM site_identity WHERE site_id = @site
