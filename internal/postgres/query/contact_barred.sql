-- Every entry of the block list that holds now, with the contacts that it is about: one and those merged with it, or,
-- if @members, those whose address is of the domain or below it. A domain and all below it are two ranges of an index.
SELECT b.site_id, b.kind, CASE
        WHEN b.kind = 'contact' THEN ARRAY(
            SELECT m.id::text FROM contacts k JOIN contacts m ON m.id = coalesce(k.merged_into, k.id) OR m.merged_into = coalesce(k.merged_into, k.id)
            WHERE k.id = b.contact_id)
        WHEN b.kind = 'email_domain' AND @members::boolean THEN ARRAY(
            SELECT k.id::text FROM contacts k
            WHERE k.site_id = b.site_id AND k.email <> ''
                AND (reverse(lower(split_part(k.email, '@', -1))) = reverse(b.domain)
                    OR reverse(lower(split_part(k.email, '@', -1))) ~>=~ (reverse(b.domain) || '.') AND reverse(lower(split_part(k.email, '@', -1))) ~<~ (reverse(b.domain) || '/'))
            ORDER BY k.seen_at DESC LIMIT @limit)
        ELSE '{}'::text[]
    END AS contacts, coalesce(b.prefix::text, '') AS prefix, b.domain, b.expires_at
FROM contact_blocks b
WHERE b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())
