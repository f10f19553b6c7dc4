-- The contacts that were merged into one by hand, under their own names: so they are told apart.
SELECT id, site_id, coalesce(before_merge->>'name', name), CASE WHEN identified_at IS NULL THEN coalesce(before_merge->>'email', email) ELSE email END, locale, identified_at IS NOT NULL FROM contacts
WHERE merged_into = @id AND left_at IS NULL ORDER BY created_at, id
