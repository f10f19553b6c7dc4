-- What the site vouches for stands over what was known before. The version rises when something is new: a page that
-- says the same on each load does not get into the way of somebody who edits.
UPDATE contacts k SET
    name = n.name, email = n.email, phone = n.phone, locale = n.locale, attributes = n.attributes,
    identified_at = coalesce(k.identified_at, now()), seen_at = now(),
    visits = greatest(1, k.visits + CASE WHEN k.seen_at < now() - interval '30 minutes' THEN 1 ELSE 0 END),
    version = k.version + CASE WHEN (k.name, k.email, k.phone, k.locale, k.attributes) IS DISTINCT FROM (n.name, n.email, n.phone, n.locale, n.attributes) THEN 1 ELSE 0 END
FROM (
    SELECT o.id, coalesce(nullif(@name::text, ''), o.name) AS name, coalesce(nullif(@email::text, ''), o.email) AS email,
        coalesce(nullif(@phone::text, ''), o.phone) AS phone, coalesce(nullif(@locale::text, ''), o.locale) AS locale,
        jsonb_strip_nulls(o.attributes || @attributes::jsonb) AS attributes
    FROM contacts o WHERE o.id = @contact
) n
WHERE k.id = n.id AND k.left_at IS NULL
RETURNING k.id, k.site_id, k.name, k.email, k.locale, k.identified_at IS NOT NULL
