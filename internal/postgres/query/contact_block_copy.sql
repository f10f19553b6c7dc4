-- Who is barred stays barred: the entries that hold about one contact hold about another too, from @since on those that are newer.
INSERT INTO contact_blocks (id, site_id, kind, contact_id, reason, created_at, created_by, creator, expires_at)
SELECT gen_random_uuid(), b.site_id, b.kind, @to::uuid, b.reason, b.created_at, b.created_by, b.creator, b.expires_at
FROM contact_blocks b
WHERE b.contact_id = @of AND b.lifted_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > now())
    AND (@since::timestamptz IS NULL OR b.created_at > @since::timestamptz)
