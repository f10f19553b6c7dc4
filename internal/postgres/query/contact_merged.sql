-- The contacts that were merged into one by hand.
SELECT id, site_id, name, email, locale, identified_at IS NOT NULL FROM contacts
WHERE merged_into = @id AND left_at IS NULL ORDER BY created_at, id
