-- The bot's turns and the hand-overs of a period, counted. One row of the log is taken apart once. A turn with a question
-- is one that looked something up, or answered with what the visitor chose.
WITH rows AS MATERIALIZED (
    SELECT l.conversation_id, l.seq, l.created_at, l.kind, l.author_kind, d.reason,
        coalesce(nullif(d.locale, ''), nullif(c.locale, ''), k.locale) AS locale,
        d.source IS NOT NULL AS answered, e.action, coalesce(e.cached, false) AS cached,
        (l.author_kind = 'bot' AND (coalesce(e.question, '') <> '' OR d.source IS NOT NULL)) AS asked,
        coalesce(e.question, '') <> '' AS searched
    FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id JOIN contacts k ON k.id = c.contact_id
    CROSS JOIN LATERAL jsonb_to_record(l.data) AS d (reason text, locale text, source jsonb, extra jsonb)
    CROSS JOIN LATERAL jsonb_to_record(CASE WHEN jsonb_typeof(d.extra) = 'object' THEN d.extra ELSE '{}' END) AS e (action text, question text, cached boolean)
    WHERE l.created_at >= @from AND l.created_at < @to AND (l.kind = 'handover' OR l.author_kind = 'bot')
        AND c.site_id = @site AND (@department::integer = 0 OR c.department_id = @department)
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
), turns AS (
    SELECT r.*, lead(r.answered) OVER w AS next_answered, lead(r.created_at) OVER w AS next_at
    FROM rows r WHERE @locale::text = '' OR r.locale = @locale
    WINDOW w AS (PARTITION BY r.conversation_id ORDER BY r.seq)
)
SELECT
    count(*) FILTER (WHERE asked)::integer AS questions,
    count(*) FILTER (WHERE asked AND answered)::integer AS answered,
    count(*) FILTER (WHERE action = 'clarify' AND kind = 'message' AND author_kind = 'bot')::integer AS clarified,
    count(*) FILTER (WHERE action = 'clarify' AND kind = 'message' AND author_kind = 'bot' AND next_answered)::integer AS clarify_answered,
    count(*) FILTER (WHERE kind = 'handover')::integer AS handovers,
    count(*) FILTER (WHERE searched)::integer AS searched,
    count(*) FILTER (WHERE searched AND cached)::integer AS cached,
    coalesce((SELECT jsonb_object_agg(reason, n) FROM (SELECT coalesce(reason, '') AS reason, count(*) AS n FROM turns WHERE kind = 'handover' GROUP BY 1) h), '{}') AS reasons,
    coalesce((SELECT jsonb_object_agg(locale, jsonb_build_array(answered, asked)) FROM (
        SELECT coalesce(nullif(locale, ''), '-') AS locale, count(*) FILTER (WHERE answered AND asked) AS answered, count(*) FILTER (WHERE asked) AS asked
        FROM turns GROUP BY 1) p WHERE asked > 0), '{}') AS locales,
    coalesce((SELECT jsonb_agg(jsonb_build_array(day, asked, answered, handovers) ORDER BY day) FROM (
        SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*) FILTER (WHERE asked) AS asked,
            count(*) FILTER (WHERE asked AND answered) AS answered, count(*) FILTER (WHERE kind = 'handover') AS handovers
        FROM turns GROUP BY 1) t), '[]') AS days
FROM turns
