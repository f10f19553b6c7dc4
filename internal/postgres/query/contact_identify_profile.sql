-- What the site vouches for stands over what was known before.
UPDATE contacts SET
    name = coalesce(nullif(@name::text, ''), name), email = coalesce(nullif(@email::text, ''), email), phone = coalesce(nullif(@phone::text, ''), phone),
    locale = coalesce(nullif(@locale::text, ''), locale), attributes = jsonb_strip_nulls(attributes || @attributes::jsonb),
    identified_at = coalesce(identified_at, now()), seen_at = now(),
    visits = visits + CASE WHEN seen_at < now() - interval '30 minutes' THEN 1 ELSE 0 END, version = version + 1
WHERE id = @contact AND left_at IS NULL
RETURNING id, site_id, name, email, locale, identified_at IS NOT NULL
