-- Where a visitor is. A visit ends after half an hour. Nothing is written where nothing changed within a minute.
UPDATE contacts k SET
    page_url = @url, page_title = @title, referrer = coalesce(nullif(@referrer::text, ''), k.referrer), user_agent = @user_agent,
    time_zone = coalesce(nullif(@time_zone::text, ''), k.time_zone), address = coalesce(@address::cidr, k.address),
    attributes = jsonb_strip_nulls(k.attributes || @attributes::jsonb),
    visits = k.visits + CASE WHEN k.seen_at < now() - interval '30 minutes' THEN 1 ELSE 0 END, seen_at = now()
WHERE k.id = @visitor AND k.left_at IS NULL AND scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
    AND ((k.page_url, k.page_title, k.user_agent) IS DISTINCT FROM (@url::text, @title::text, @user_agent::text)
        OR k.address IS DISTINCT FROM coalesce(@address::cidr, k.address)
        OR (@time_zone::text <> '' AND k.time_zone <> @time_zone::text)
        OR (@referrer::text <> '' AND k.referrer <> @referrer::text)
        OR jsonb_strip_nulls(k.attributes || @attributes::jsonb) <> k.attributes
        OR k.seen_at < now() - interval '1 minute')
