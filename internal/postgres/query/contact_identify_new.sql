-- The contact of a proof that is the first about its person.
INSERT INTO contacts (id, site_id, department_id, locale, identified_at)
SELECT @contact, s.id, s.default_department, coalesce(nullif(@locale::text, ''), s.locale), now()
FROM sites s WHERE s.id = @site AND s.default_department IS NOT NULL
