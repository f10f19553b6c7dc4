-- Locks the two contacts of a merge and those merged into them, by id.
SELECT k.id, k.site_id, k.merged_into IS NOT NULL AS merged, (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact))) AS visible
FROM contacts k WHERE k.id IN (@from, @into) OR k.merged_into IN (@from, @into)
ORDER BY k.id FOR UPDATE OF k
