-- One page of contacts within scope, last seen first; those merged into another are that one. Without @search and
-- @filter only those who wrote, or of whom something is known. The cursor is (@at, @after) of the page's last contact;
-- none after (@to, @last) is looked at.
SELECT k.id, k.site_id, k.department_id, k.name, k.email, k.locale, k.phone, k.identified_at,
    coalesce((SELECT i.value FROM contact_identities i WHERE i.contact_id = k.id AND i.kind = 'id' ORDER BY i.created_at, i.value LIMIT 1), '') AS external,
    k.attributes, p.page_url, p.page_title, p.referrer, p.user_agent, p.time_zone, p.address, k.visits, k.created_at, p.seen_at,
    CASE WHEN k.spam_cleared THEN k.spam ELSE greatest(k.spam, (SELECT max(m.spam) FROM contacts m WHERE m.merged_into = k.id AND m.before_merge IS NOT NULL)) END AS spam, k.spam_reasons, k.spam_cleared, k.version,
    (SELECT count(*) FROM conversations c
        WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id)) AND c.last_seq > 0
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact))::integer AS conversations,
    EXISTS (SELECT FROM contact_blocks b WHERE b.contact_id IN (SELECT k.id UNION ALL SELECT m.id FROM contacts m WHERE m.merged_into = k.id) AND b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())) AS blocked
FROM contacts k CROSS JOIN LATERAL (SELECT k.page_url, k.page_title, k.referrer, k.user_agent, k.time_zone, k.address, k.seen_at) p
WHERE k.merged_into IS NULL
    AND (@site::integer = 0 OR k.site_id = @site::integer)
    AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))
    AND CASE @filter::text
        WHEN 'identified' THEN k.identified_at IS NOT NULL
        WHEN 'anonymous' THEN k.identified_at IS NULL AND EXISTS (SELECT FROM conversations c WHERE c.contact_id = k.id AND c.last_seq > 0)
        WHEN 'blocked' THEN EXISTS (SELECT FROM contact_blocks b WHERE b.contact_id IN (SELECT k.id UNION ALL SELECT m.id FROM contacts m WHERE m.merged_into = k.id) AND b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now()))
        WHEN 'spam' THEN NOT k.spam_cleared AND (k.spam >= @likely::real OR EXISTS (SELECT FROM contacts m WHERE m.merged_into = k.id AND m.spam >= @likely::real AND m.before_merge IS NOT NULL))
        ELSE k.identified_at IS NOT NULL OR k.name <> '' OR k.email <> '' OR EXISTS (SELECT FROM conversations c WHERE c.contact_id = k.id AND c.last_seq > 0)
    END
    AND (@search::text = '' OR strpos(lower(concat_ws(E'\n', k.name, k.email, k.phone, k.id::text)), lower(@search::text)) > 0
        OR EXISTS (SELECT FROM contact_identities i WHERE i.contact_id = k.id AND strpos(lower(i.value), lower(@search::text)) > 0))
    AND (@at::timestamptz IS NULL OR (k.seen_at, k.id) < (@at::timestamptz, @after::uuid))
    AND (@to::timestamptz IS NULL OR (k.seen_at, k.id) >= (@to::timestamptz, @last::uuid))
ORDER BY k.seen_at DESC, k.id DESC LIMIT @limit
