-- Takes a merge by hand back.
UPDATE contacts k SET merged_into = NULL, version = k.version + 1
WHERE k.id = @id AND k.merged_into IS NOT NULL AND k.left_at IS NULL AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))
RETURNING k.site_id
