-- Conversations begun in a period in which something was said, those in which the bot took part, and the first answers:
-- seconds from a visitor's first message to the bot's first word, from a hand-over to a person's first message, and of
-- handling: from the first message to the bot's last word where nobody else was needed, from a person's taking it to its end.
WITH begun AS (
    SELECT c.id, c.created_at FROM conversations c JOIN contacts k ON k.id = c.contact_id
    WHERE c.created_at >= @from AND c.created_at < @to AND c.last_message_at IS NOT NULL
        AND c.site_id = @site AND (@department::integer = 0 OR c.department_id = @department)
        AND (@locale::text = '' OR coalesce(nullif(c.locale, ''), k.locale) = @locale)
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
), told AS (
    SELECT b.id, min(l.created_at) FILTER (WHERE l.author_kind = 'visitor' AND l.kind = 'message') AS asked_at,
        min(l.created_at) FILTER (WHERE l.author_kind = 'bot') AS bot_first,
        max(l.created_at) FILTER (WHERE l.author_kind = 'bot' AND l.kind = 'message') AS bot_last,
        min(l.created_at) FILTER (WHERE l.kind = 'handover') AS handed_at,
        min(l.created_at) FILTER (WHERE l.kind = 'claimed' OR (l.author_kind = 'agent' AND l.kind = 'message')) AS taken_at,
        min(l.created_at) FILTER (WHERE l.author_kind = 'agent' AND l.kind = 'message') AS person_first,
        min(l.created_at) FILTER (WHERE l.kind = 'resolved') AS resolved_at
    FROM begun b JOIN conversation_log l ON l.conversation_id = b.id
    GROUP BY b.id
), spans AS (
    SELECT bot_first IS NOT NULL AS involved,
        CASE WHEN bot_first >= asked_at THEN extract(epoch FROM bot_first - asked_at) END AS bot_wait,
        CASE WHEN person_first >= handed_at THEN extract(epoch FROM person_first - handed_at) END AS person_wait,
        CASE WHEN handed_at IS NULL AND taken_at IS NULL AND bot_last >= asked_at THEN extract(epoch FROM bot_last - asked_at) END AS bot_work,
        CASE WHEN resolved_at >= taken_at AND resolved_at - taken_at <= interval '8 hours' THEN extract(epoch FROM resolved_at - taken_at) END AS person_work
    FROM told WHERE asked_at IS NOT NULL
)
SELECT count(*)::integer AS conversations, count(*) FILTER (WHERE involved)::integer AS involved,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY bot_wait)::float8 AS bot_wait, count(bot_wait)::integer AS bot_waits,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY person_wait)::float8 AS person_wait, count(person_wait)::integer AS person_waits,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY bot_work)::float8 AS bot_work, count(bot_work)::integer AS bot_works,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY person_work)::float8 AS person_work, count(person_work)::integer AS person_works
FROM spans
