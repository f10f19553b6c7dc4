-- What became of the last answer that the bot gave in each conversation of a period:
-- came back (a person was asked for or took part within 72 hours, or the visitor asked about the same article again in
-- another conversation), else refused (a vote against it, or turned down as none of these), else confirmed (a vote for it,
-- or thanks), else open (younger than 24 hours), else assumed (nothing more in 24 hours).
WITH last AS (
    SELECT DISTINCT ON (l.conversation_id) l.conversation_id, l.seq, l.created_at, c.contact_id, d.source->>'article' AS article
    FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id JOIN contacts k ON k.id = c.contact_id
    CROSS JOIN LATERAL jsonb_to_record(l.data) AS d (locale text, source jsonb)
    WHERE l.created_at >= @from AND l.created_at < @to AND (l.kind = 'handover' OR l.author_kind = 'bot')
        AND l.author_kind = 'bot' AND l.kind = 'message' AND d.source IS NOT NULL
        AND c.site_id = @site AND (@department::integer = 0 OR c.department_id = @department)
        AND (@locale::text = '' OR coalesce(nullif(d.locale, ''), nullif(c.locale, ''), k.locale) = @locale)
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    ORDER BY l.conversation_id, l.seq DESC
), after AS (
    SELECT a.conversation_id, a.created_at,
        f.handed OR EXISTS (
            SELECT FROM conversations o JOIN conversation_log n ON n.conversation_id = o.id
            WHERE o.contact_id = a.contact_id AND o.id <> a.conversation_id AND o.created_at > a.created_at - interval '30 days'
                AND n.created_at > a.created_at AND n.created_at < a.created_at + interval '72 hours' AND (n.kind = 'handover' OR n.author_kind = 'bot')
                AND (n.kind = 'handover' OR n.data->'source'->>'article' = a.article OR n.data->'extra'->'candidates'->0->>'article' = a.article)
        ) AS back,
        coalesce(NOT f.vote, false) OR f.refused AS refused, coalesce(f.vote, false) OR f.thanked AS confirmed
    FROM last a CROSS JOIN LATERAL (
        SELECT coalesce(bool_or((l.kind IN ('handover', 'claimed') OR l.author_kind = 'agent') AND l.kind <> 'note' AND l.created_at < a.created_at + interval '72 hours'
                AND l.kind <> 'resolved'), false) AS handed,
            coalesce(bool_or(l.author_kind = 'bot' AND l.data->>'reason' = 'none_of_these'), false) AS refused,
            coalesce(bool_or(l.author_kind = 'bot' AND l.data->>'reason' = 'thanks'), false) AS thanked,
            (array_agg((l.data->'feedback'->>'helpful')::boolean ORDER BY l.seq DESC)
                FILTER (WHERE l.kind = 'feedback' AND (l.data->'feedback'->>'seq')::integer = a.seq))[1] AS vote
        FROM conversation_log l WHERE l.conversation_id = a.conversation_id AND l.seq > a.seq
    ) f
), judged AS (
    SELECT CASE WHEN back THEN 'back' WHEN refused THEN 'refused' WHEN confirmed THEN 'confirmed'
        WHEN created_at > @now::timestamptz - interval '24 hours' THEN 'open' ELSE 'assumed' END AS outcome FROM after
)
SELECT count(*)::integer AS answered, count(*) FILTER (WHERE outcome = 'confirmed')::integer AS confirmed, count(*) FILTER (WHERE outcome = 'assumed')::integer AS assumed,
    count(*) FILTER (WHERE outcome = 'back')::integer AS back, count(*) FILTER (WHERE outcome = 'refused')::integer AS refused,
    count(*) FILTER (WHERE outcome = 'open')::integer AS open
FROM judged
