-- Keeps somebody from writing. Of a contact that is merged into another, that one. Who is barred already gets no second entry:
-- theirs holds until the later of the two ends, with the newer reason. No row where contact or site lies outside the scope.
WITH w AS (
    SELECT k.site_id, k.id AS contact_id FROM contacts k
    WHERE @kind::text = 'contact' AND k.id = (SELECT coalesce(o.merged_into, o.id) FROM contacts o WHERE o.id = @of::uuid) AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))
    UNION ALL
    SELECT s.id, NULL FROM sites s
    WHERE @kind::text <> 'contact' AND s.id = @site::integer AND (@all OR s.id = ANY (@sites::integer[]))
), old AS (
    SELECT b.id FROM contact_blocks b JOIN w ON w.site_id = b.site_id
    WHERE b.kind = @kind::text AND b.contact_id IS NOT DISTINCT FROM w.contact_id AND b.prefix IS NOT DISTINCT FROM @prefix::cidr AND b.domain = @domain::text
        AND b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())
    ORDER BY b.expires_at DESC NULLS FIRST, b.id LIMIT 1
), extended AS (
    UPDATE contact_blocks b SET reason = coalesce(nullif(@reason::text, ''), b.reason),
        expires_at = CASE WHEN b.expires_at IS NOT NULL AND @expires::timestamptz IS NOT NULL THEN greatest(b.expires_at, @expires::timestamptz) END
    FROM old WHERE b.id = old.id
    RETURNING b.site_id, b.id
), added AS (
    INSERT INTO contact_blocks (id, site_id, kind, contact_id, prefix, domain, reason, created_by, creator, expires_at)
    SELECT @id::uuid, w.site_id, @kind::text, w.contact_id, @prefix::cidr, @domain::text, @reason::text, @by::uuid, @creator::text, @expires::timestamptz
    FROM w WHERE NOT EXISTS (SELECT FROM old)
    RETURNING site_id, id
)
SELECT site_id, id::text FROM extended UNION ALL SELECT site_id, id::text FROM added
