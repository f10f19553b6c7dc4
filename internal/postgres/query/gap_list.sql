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
        array_agg(DISTINCT reason) AS reasons_seen, count(*) FILTER (WHERE replied) AS replies,
        bool_or(@search::text <> '' AND strpos(lower(question), lower(@search)) > 0) AS found
    FROM seen GROUP BY gap_id
), reasons AS (
    SELECT gap_id, jsonb_object_agg(reason, n) AS reasons FROM (SELECT gap_id, reason, count(*) AS n FROM seen GROUP BY gap_id, reason) r GROUP BY gap_id
), locales AS (
    SELECT gap_id, jsonb_object_agg(locale, n) AS locales FROM (SELECT gap_id, locale, count(*) AS n FROM seen GROUP BY gap_id, locale) l GROUP BY gap_id
), listed AS (
    SELECT g.id, g.site_id, g.department_id, g.audience, g.locale, g.state, g.revision, g.name, n.title,
        n.turns::integer, n.contacts::integer, n.last7::integer, n.before7::integer, n.last28::integer, r.reasons, l.locales,
        CASE WHEN n.handled_n >= 3 THEN greatest(n.handled_s, 30) ELSE t.handled_s END AS handled_s, n.handled_n::integer,
        n.last28 * CASE WHEN n.handled_n >= 3 THEN greatest(n.handled_s, 30) ELSE t.handled_s END AS cost,
        g.article_id, g.article_locale, g.proposed_article, g.proposed_locale, g.proposed_at, g.created_at, g.last_seen_at, g.state_at, n.replies::integer
    FROM gaps g JOIN counted n ON n.gap_id = g.id JOIN reasons r ON r.gap_id = g.id JOIN locales l ON l.gap_id = g.id CROSS JOIN typical t
    WHERE (@locale::text = '' OR l.locales ? @locale) AND (@reason::text = '' OR @reason = ANY (n.reasons_seen))
        AND (@search::text = '' OR n.found OR strpos(lower(g.name), lower(@search)) > 0)
)
SELECT *, count(*) OVER ()::integer AS total FROM listed
ORDER BY CASE WHEN @order = 'cost' THEN cost END DESC, CASE WHEN @order = 'visitors' THEN contacts END DESC,
    last_seen_at DESC, id
LIMIT @limit OFFSET @offset
