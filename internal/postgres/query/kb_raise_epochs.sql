-- Makes every reader of every site read its statistics anew: the confidence is another model's now. Locked in the order
-- of the ids, before anything else of a site.
UPDATE kb_epochs k SET epoch = k.epoch + 1
FROM (SELECT site_id FROM kb_epochs ORDER BY site_id FOR UPDATE) AS locked
WHERE k.site_id = locked.site_id
