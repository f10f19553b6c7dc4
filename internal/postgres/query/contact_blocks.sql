-- The block list of the sites within scope, newest first.
SELECT b.id, b.site_id, b.kind, b.contact_id, coalesce(k.name, ''), coalesce(k.email, ''), coalesce(k.locale, ''), coalesce(k.identified_at IS NOT NULL, false),
    coalesce(b.prefix::text, ''), b.domain, b.reason, b.created_at, b.creator, b.expires_at, b.lifted_at, b.lifter
FROM contact_blocks b LEFT JOIN contacts k ON k.id = b.contact_id
WHERE (@all OR b.site_id = ANY (@sites::integer[]))
    AND (b.contact_id IS NULL OR (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact))))
    AND (@site::integer = 0 OR b.site_id = @site::integer)
    AND (@of::uuid IS NULL OR b.contact_id IN (SELECT m.id FROM contacts m WHERE m.id = @of::uuid OR m.merged_into = @of::uuid))
    AND (@one::uuid IS NULL OR b.id = @one::uuid)
    AND (NOT @live::boolean OR (b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())))
ORDER BY b.created_at DESC, b.id DESC LIMIT @limit
