-- One page of a site's board, and how many the query selects. Only samples of conversations within scope count; of
-- each gap distinct visitors, so that nobody pushes one up. What a gap costs: visitors of the last 28 days × the median
-- of a person's handling, but at least half a minute, which reading and answering takes (of the gap where three are
-- known, else of the site where five are, else five minutes).
WITH typical AS (
    SELECT CASE WHEN count(*) >= 5 THEN greatest(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.handled_s), 30) ELSE 300 END AS handled_s
    FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
    WHERE s.site_id = @site AND s.handled_s IS NOT NULL AND s.happened_at > @now::timestamptz - interval '90 days'
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
), seen AS (
    SELECT s.gap_id, s.contact_id, s.reason, s.locale, s.question, s.typical, s.happened_at, s.handled_s, cardinality(s.replies) > 0 AS replied
    FROM gaps g JOIN gap_samples s ON s.gap_id = g.id JOIN conversations c ON c.id = s.conversation_id
    WHERE g.site_id = @site AND g.state = ANY (@states) AND (@department::integer = 0 OR g.department_id = @department)
        AND (@gap::bigint = 0 OR g.id = @gap)
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
), counted AS (
    SELECT gap_id, count(*) AS turns, count(DISTINCT contact_id) AS contacts,
        count(DISTINCT contact_id) FILTER (WHERE happened_at > @now::timestamptz - interval '7 days') AS last7,
        count(DISTINCT contact_id) FILTER (WHERE happened_at <= @now::timestamptz - interval '7 days' AND happened_at > @now::timestamptz - interval '14 days') AS before7,
        count(DISTINCT contact_id) FILTER (WHERE happened_at > @now::timestamptz - interval '28 days') AS last28,
        count(handled_s) AS handled_n, percentile_cont(0.5) WITHIN GROUP (ORDER BY handled_s) AS handled_s,
        (array_agg(question ORDER BY typical DESC, happened_at DESC))[1] AS title,
        array_agg(DISTINCT reason) AS reasons_seen, array_agg(DISTINCT locale) AS locales_seen, count(*) FILTER (WHERE replied) AS replies,
        bool_or(@search::text <> '' AND strpos(lower(question), lower(@search)) > 0) AS found
    FROM seen GROUP BY gap_id
), listed AS (
    SELECT g.id, g.site_id, g.department_id, g.audience, g.locale, g.state, g.revision, g.name, n.title,
        n.turns::integer, n.contacts::integer, n.last7::integer, n.before7::integer, n.last28::integer,
        CASE WHEN n.handled_n >= 3 THEN greatest(n.handled_s, 30) ELSE t.handled_s END AS handled_s, n.handled_n::integer,
        n.last28 * CASE WHEN n.handled_n >= 3 THEN greatest(n.handled_s, 30) ELSE t.handled_s END AS cost,
        g.article_id, g.article_locale, g.proposed_article, g.proposed_locale, g.proposed_at, g.created_at, g.last_seen_at, g.state_at, n.replies::integer,
        count(*) OVER ()::integer AS total
    FROM counted n JOIN gaps g ON g.id = n.gap_id CROSS JOIN typical t
    WHERE (@locale::text = '' OR @locale = ANY (n.locales_seen)) AND (@reason::text = '' OR @reason = ANY (n.reasons_seen))
        AND (@search::text = '' OR n.found OR strpos(lower(g.name), lower(@search)) > 0)
    ORDER BY CASE WHEN @order = 'cost' THEN n.last28 * CASE WHEN n.handled_n >= 3 THEN greatest(n.handled_s, 30) ELSE t.handled_s END END DESC,
        CASE WHEN @order = 'visitors' THEN n.contacts END DESC, g.last_seen_at DESC, g.id
    LIMIT @limit OFFSET @offset
)
-- Reasons and languages of the page's gaps alone.
SELECT p.id, p.site_id, p.department_id, p.audience, p.locale, p.state, p.revision, p.name, p.title, p.turns, p.contacts, p.last7, p.before7, p.last28,
    d.reasons, d.locales, p.handled_s, p.handled_n, p.cost, p.article_id, p.article_locale, p.proposed_article, p.proposed_locale, p.proposed_at,
    p.created_at, p.last_seen_at, p.state_at, p.replies, p.total
FROM listed p CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(x.key, x.n) FILTER (WHERE x.reason) AS reasons, jsonb_object_agg(x.key, x.n) FILTER (WHERE NOT x.reason) AS locales FROM (
        SELECT GROUPING(s.locale) = 1 AS reason, coalesce(s.reason, s.locale) AS key, count(*) AS n
        FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
        WHERE s.gap_id = p.id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
        GROUP BY GROUPING SETS ((s.reason), (s.locale))
    ) x
) d
ORDER BY CASE WHEN @order = 'cost' THEN p.cost END DESC, CASE WHEN @order = 'visitors' THEN p.contacts END DESC, p.last_seen_at DESC, p.id
