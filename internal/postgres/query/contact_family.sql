-- Contacts with all that they are merged with: what merging, and taking it back, need to know.
SELECT k.id, k.site_id, coalesce(k.merged_into::text, ''), coalesce(k.merged_via::text, k.merged_into::text, ''), k.left_at IS NOT NULL, k.identified_at IS NOT NULL,
    k.name, k.email, k.phone, k.attributes, k.before_merge, k.seen_at, (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact))) AS visible
FROM contacts k, (SELECT ARRAY(SELECT coalesce(o.merged_into, o.id) FROM contacts o WHERE o.id = ANY (@ids::uuid[])) AS ids) root
WHERE k.id = ANY (root.ids) OR k.merged_into = ANY (root.ids)
