-- Keeps somebody from writing. Of a contact that is merged into another, that one. No row where contact or site lies outside the scope.
INSERT INTO contact_blocks (id, site_id, kind, contact_id, prefix, domain, reason, created_by, creator, expires_at)
SELECT @id::uuid, w.site_id, @kind::text, w.contact_id, @prefix::cidr, @domain::text, @reason::text, @by::uuid, @creator::text, @expires::timestamptz
FROM (
    SELECT k.site_id, k.id AS contact_id FROM contacts k
    WHERE @kind::text = 'contact' AND k.id = (SELECT coalesce(o.merged_into, o.id) FROM contacts o WHERE o.id = @of::uuid) AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))
    UNION ALL
    SELECT s.id, NULL FROM sites s
    WHERE @kind::text <> 'contact' AND s.id = @site::integer AND (@all OR s.id = ANY (@sites::integer[]))
) w
RETURNING site_id
