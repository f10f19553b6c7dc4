-- Ends an entry of the block list within scope; the first time counts.
UPDATE contact_blocks b SET lifted_at = coalesce(b.lifted_at, now()), lifter = CASE WHEN b.lifted_at IS NULL THEN @lifter ELSE b.lifter END
WHERE b.id = @id AND (@all OR b.site_id = ANY (@sites::integer[]))
    AND (b.contact_id IS NULL OR EXISTS (SELECT FROM contacts k WHERE k.id = b.contact_id AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))))
RETURNING b.site_id
