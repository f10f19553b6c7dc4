-- Serialises the publishing of a site, so that epochs rise in commit order. No row = no such site in scope.
INSERT INTO kb_epochs AS k (site_id)
SELECT s.id FROM sites s WHERE s.id = @site AND (@all_sites::boolean OR s.id = ANY (@sites::integer[]))
ON CONFLICT (site_id) DO UPDATE SET epoch = k.epoch + 1
RETURNING k.epoch
