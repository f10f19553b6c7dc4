-- Every entry of the block list that holds now, with all contacts that one about a contact stands for.
SELECT b.site_id, b.kind, ARRAY(
        SELECT m.id::text FROM contacts k JOIN contacts m ON m.id = coalesce(k.merged_into, k.id) OR m.merged_into = coalesce(k.merged_into, k.id) WHERE k.id = b.contact_id
    ) AS contacts, coalesce(b.prefix::text, '') AS prefix, b.domain, b.expires_at
FROM contact_blocks b
WHERE b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())
