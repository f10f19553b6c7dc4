-- Gives the site that the first migration made another key, while nobody has used it and the key is free.
UPDATE sites s SET key = @key
WHERE s.key = 'default'
  AND NOT EXISTS (SELECT FROM sites o WHERE o.key = @key)
  AND NOT EXISTS (SELECT FROM contacts c WHERE c.site_id = s.id)
