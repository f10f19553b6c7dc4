-- Ends an entry of the block list within scope; the first time counts. Of a contact that is merged with others each may have
-- brought an entry of its own, so that each keeps it when they are told apart: who lifts one means the person, and all end.
WITH it AS (
    UPDATE contact_blocks b SET lifted_at = coalesce(b.lifted_at, now()), lifter = CASE WHEN b.lifted_at IS NULL THEN @lifter ELSE b.lifter END
    WHERE b.id = @id AND (@all OR b.site_id = ANY (@sites::integer[]))
        AND (b.contact_id IS NULL OR EXISTS (SELECT FROM contacts k WHERE k.id = b.contact_id AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
            OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
                AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))))
    RETURNING b.site_id, b.contact_id
), others AS (
    UPDATE contact_blocks b SET lifted_at = now(), lifter = @lifter
    FROM it JOIN contacts k ON k.id = it.contact_id JOIN contacts m ON m.id = coalesce(k.merged_into, k.id) OR m.merged_into = coalesce(k.merged_into, k.id)
    WHERE b.contact_id = m.id AND b.id <> @id AND b.lifted_at IS NULL
)
SELECT site_id FROM it
