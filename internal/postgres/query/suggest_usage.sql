-- The running sums of a few items of a site; one without any has no row.
SELECT u.source, u.item, u.shown, u.used
FROM unnest(@sources::text[], @items::text[]) AS k (source, item)
JOIN suggestion_usage u ON u.site_id = @site AND u.source = k.source AND u.item = k.item
