-- The site a visitor arrives at: by its key, or the one of a known contact.
SELECT s.id, s.default_department, s.locale
FROM sites s
WHERE CASE WHEN @key::text <> '' THEN s.key = @key::text
    ELSE s.id = (SELECT k.site_id FROM contacts k WHERE k.id = @contact) END
    AND s.default_department IS NOT NULL
