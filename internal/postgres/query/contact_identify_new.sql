-- The contact of a proof that is the first about its person. The visit is the anonymous one's, or is counted with the profile.
INSERT INTO contacts (id, site_id, department_id, locale, identified_at, visits)
SELECT @contact, s.id, s.default_department, coalesce(nullif(@locale::text, ''), s.locale), now(), 0
FROM sites s WHERE s.id = @site AND s.default_department IS NOT NULL
