-- One contact within scope, or the one that it is merged into, with the place of whichever of them was seen last. What
-- counts or is compared takes in those merged by hand: they keep their own.
SELECT k.id, k.site_id, k.department_id, k.name, k.email, k.locale, k.phone, k.identified_at,
    coalesce((SELECT i.value FROM contact_identities i WHERE i.contact_id = k.id AND i.kind = 'id' ORDER BY i.created_at, i.value LIMIT 1), '') AS external,
    k.attributes, p.page_url, p.page_title, p.referrer, p.user_agent, p.time_zone, p.address,
    k.visits + h.visits AS visits, least(k.created_at, h.created_at) AS created_at, p.seen_at,
    CASE WHEN k.spam_cleared THEN k.spam ELSE greatest(k.spam, h.spam) END AS spam,
    CASE WHEN NOT k.spam_cleared AND h.spam > k.spam THEN h.spam_reasons ELSE k.spam_reasons END AS spam_reasons, k.spam_cleared, k.version,
    (SELECT count(*) FROM conversations c
        WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id)) AND c.last_seq > 0
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact))::integer AS conversations, false AS blocked
FROM contacts k CROSS JOIN LATERAL (
    SELECT m.page_url, m.page_title, m.referrer, m.user_agent, m.time_zone, m.address, m.seen_at FROM contacts m
    WHERE m.id = k.id OR (m.merged_into = k.id AND m.left_at IS NULL) ORDER BY m.seen_at DESC LIMIT 1
) p CROSS JOIN LATERAL (
    SELECT coalesce(sum(m.visits), 0)::integer AS visits, min(m.created_at) AS created_at, max(m.spam) AS spam,
        (array_agg(m.spam_reasons ORDER BY m.spam DESC))[1] AS spam_reasons
    FROM contacts m WHERE m.merged_into = k.id AND m.before_merge IS NOT NULL
) h
WHERE k.id = (SELECT coalesce(o.merged_into, o.id) FROM contacts o WHERE o.id = @id)
    AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))
