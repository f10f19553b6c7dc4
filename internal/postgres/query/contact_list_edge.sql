-- The last of the next @scan contacts that a search looks at, in the order of contact_list; no row where there are fewer.
SELECT k.seen_at, k.id::text FROM contacts k
WHERE k.merged_into IS NULL
    AND (@site::integer = 0 OR k.site_id = @site::integer)
    AND (@all OR k.site_id = ANY (@sites::integer[]))
    AND (@at::timestamptz IS NULL OR (k.seen_at, k.id) < (@at::timestamptz, @after::uuid))
ORDER BY k.seen_at DESC, k.id DESC OFFSET @scan - 1 LIMIT 1
