-- The last votes on answers, of votes cast in a period.
SELECT count(*) FILTER (WHERE helpful)::integer AS up, count(*) FILTER (WHERE NOT helpful)::integer AS down FROM (
    SELECT DISTINCT ON (l.conversation_id, l.data->'feedback'->>'seq') (l.data->'feedback'->>'helpful')::boolean AS helpful
    FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id JOIN contacts k ON k.id = c.contact_id
    WHERE l.kind = 'feedback' AND l.created_at >= @from AND l.created_at < @to
        AND c.site_id = @site AND (@department::integer = 0 OR c.department_id = @department)
        AND (@locale::text = '' OR coalesce(nullif(c.locale, ''), k.locale) = @locale)
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    ORDER BY l.conversation_id, l.data->'feedback'->>'seq', l.seq DESC
) v
