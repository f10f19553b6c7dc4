-- Published articles that want a look: the review is due, nobody was answered with it in 90 days, or three or more votes
-- against it in 90 days that are at least three in ten.
WITH used AS (
    SELECT d.source->>'article' AS article, d.source->>'locale' AS locale, count(*) AS n, max(l.created_at) AS latest
    FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id
    CROSS JOIN LATERAL jsonb_to_record(l.data) AS d (source jsonb)
    WHERE l.created_at > @now::timestamptz - interval '90 days' AND (l.kind = 'handover' OR l.author_kind = 'bot') AND d.source IS NOT NULL AND c.site_id = @site
    GROUP BY 1, 2
), votes AS (
    SELECT a.data->'source'->>'article' AS article, a.data->'source'->>'locale' AS locale,
        count(*) FILTER (WHERE v.helpful) AS up, count(*) FILTER (WHERE NOT v.helpful) AS down
    FROM (
        SELECT DISTINCT ON (l.conversation_id, l.data->'feedback'->>'seq') l.conversation_id, (l.data->'feedback'->>'seq')::integer AS seq, (l.data->'feedback'->>'helpful')::boolean AS helpful
        FROM conversation_log l WHERE l.kind = 'feedback' AND l.created_at > @now::timestamptz - interval '90 days' AND l.site_id = @site
        ORDER BY l.conversation_id, l.data->'feedback'->>'seq', l.seq DESC
    ) v JOIN conversation_log a ON a.conversation_id = v.conversation_id AND a.seq = v.seq
    GROUP BY 1, 2
), looked AS (
    SELECT p.id, p.locale, v.title, coalesce(u.n, 0)::integer AS used, u.latest, coalesce(t.up, 0)::integer AS up, coalesce(t.down, 0)::integer AS down,
        v.review_at < @now AS due,
        coalesce(u.n, 0) = 0 AND p.created_at < @now::timestamptz - interval '90 days' AS unused,
        coalesce(t.down, 0) >= 3 AND t.down * 10 >= (t.up + t.down) * 3 AS disliked,
        v.review_at
    FROM kb_articles p
    JOIN kb_versions v ON v.site_id = p.site_id AND v.article_id = p.id AND v.locale = p.locale AND v.version = p.published_version
    LEFT JOIN used u ON u.article = p.id AND u.locale = p.locale
    LEFT JOIN votes t ON t.article = p.id AND t.locale = p.locale
    WHERE p.site_id = @site AND (@locale::text = '' OR p.locale = @locale)
        AND (p.department_id IS NULL OR scope_allows(p.site_id, p.department_id, NULL::uuid, @all, @sites, @departments, NULL::uuid))
        AND (@department::integer = 0 OR p.department_id IS NULL OR p.department_id = @department)
)
SELECT id, locale, title, used, latest, up, down, coalesce(due, false) AS due, unused, disliked, review_at, count(*) OVER ()::integer AS total
FROM looked WHERE due OR unused OR disliked
ORDER BY disliked DESC, down DESC, due DESC NULLS LAST, id, locale LIMIT @limit
