-- Contacts in scope with this id or address, or with @q in their name, those last here first.
SELECT k.id, k.site_id, k.name, k.email, k.locale, n.conversations, n.messages
FROM (
    SELECT * FROM contacts k
    WHERE (k.id = @id::uuid OR lower(k.email) = lower(@q) OR position(lower(@q) IN lower(k.name)) > 0) AND k.merged_into IS NULL
        AND (@all::boolean OR k.site_id = ANY (@sites::integer[]) AND (@departments::integer[] IS NULL OR k.department_id = ANY (@departments::integer[])))
        AND (@contact::uuid IS NULL OR k.id = @contact::uuid)
    ORDER BY k.seen_at DESC, k.id DESC LIMIT @limit
) k
CROSS JOIN LATERAL (
    SELECT count(*) AS conversations, coalesce(sum(c.last_seq), 0)::bigint AS messages FROM conversations c
    WHERE c.contact_id IN (SELECT m.id FROM contacts m WHERE m.id = k.id OR m.merged_into = k.id)
) n
ORDER BY k.seen_at DESC, k.id DESC
