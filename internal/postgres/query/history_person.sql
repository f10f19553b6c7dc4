-- A contact in scope with all that were merged into it, and how much they said. @contact may be one of those merged.
WITH root AS (
    SELECT coalesce(k.merged_into, k.id) AS id FROM contacts k WHERE k.id = @id
), everyone AS (
    SELECT k.id FROM contacts k, root WHERE k.id = root.id OR k.merged_into = root.id
)
SELECT k.id, k.site_id, k.name, k.email, k.locale,
    (SELECT count(*) FROM conversations c WHERE c.contact_id IN (SELECT id FROM everyone)),
    (SELECT coalesce(sum(c.last_seq), 0)::bigint FROM conversations c WHERE c.contact_id IN (SELECT id FROM everyone)),
    ARRAY(SELECT c.id::text FROM conversations c WHERE c.contact_id IN (SELECT id FROM everyone) AND c.status <> 'resolved' ORDER BY c.id)
FROM contacts k JOIN root ON root.id = k.id
WHERE (@all::boolean OR k.site_id = ANY (@sites::integer[])) AND (@contact::uuid IS NULL OR k.id = @contact::uuid)
    AND (@all::boolean OR @departments::integer[] IS NULL OR k.department_id = ANY (@departments::integer[]))
