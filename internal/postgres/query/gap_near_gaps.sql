-- Questions of other gaps that come near to this gap's most typical ones, pair by pair, nearest first: of the same site,
-- department and audience, in the same language, not told apart by a person. The walls of conversations are asked of the
-- nearest alone.
SELECT o.gap_id, p.question AS ours, o.question AS theirs, o.cosine
FROM (
    SELECT s.question, s.embedding, s.model, s.site_id, s.department_id, s.audience, s.locale
    FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
    WHERE s.gap_id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    ORDER BY s.typical DESC, s.happened_at DESC LIMIT 6
) p CROSS JOIN LATERAL (
    SELECT s.gap_id, s.conversation_id, s.question, -(s.embedding <#> p.embedding) AS cosine
    FROM gap_samples s
    WHERE s.site_id = p.site_id AND s.department_id = p.department_id AND s.audience = p.audience AND s.locale = p.locale AND s.model = p.model
        AND s.gap_id <> @id
    ORDER BY s.embedding <#> p.embedding LIMIT 24
) o JOIN conversations c ON c.id = o.conversation_id
WHERE o.cosine >= @least AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    AND NOT EXISTS (SELECT FROM gaps_apart a WHERE a.one = least(@id::bigint, o.gap_id) AND a.other = greatest(@id::bigint, o.gap_id))
ORDER BY o.cosine DESC
