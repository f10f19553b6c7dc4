-- Adds the site, or renames the one with this key.
INSERT INTO sites (key, name, locale) VALUES (@key, @name, @locale)
ON CONFLICT ON CONSTRAINT sites_key_unique DO UPDATE SET name = excluded.name, locale = excluded.locale
RETURNING id
