-- What the site vouches for stands over what was known before. The version rises when something is new: a page that
-- says the same on each load does not get into the way of somebody who edits. Those merged by hand are called so too.
WITH saved AS (
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
    RETURNING k.id, k.site_id, k.name, k.email, k.locale, k.identified_at IS NOT NULL AS identified
), merged AS (
    UPDATE contacts m SET name = s.name, email = CASE WHEN m.identified_at IS NULL THEN s.email ELSE m.email END
    FROM saved s
    WHERE m.merged_into = s.id AND m.left_at IS NULL AND (m.name <> s.name OR m.identified_at IS NULL AND m.email <> s.email)
)
SELECT id, site_id, name, email, locale, identified FROM saved
