-- Suggestions that agents saw in a period, and those that went out as they were or edited, by where they come from.
SELECT s.source, count(*) FILTER (WHERE s.shown)::integer AS shown, count(*) FILTER (WHERE s.sent)::integer AS sent FROM (
    SELECT v.source, bool_or(v.act = 'shown') AS shown, bool_or(v.act IN ('sent', 'edited')) AS sent
    FROM suggestion_events v JOIN conversations c ON c.id = v.conversation_id JOIN contacts k ON k.id = c.contact_id
    WHERE v.site_id = @site AND v.at >= @from AND v.at < @to AND (@department::integer = 0 OR c.department_id = @department)
        AND (@locale::text = '' OR coalesce(nullif(c.locale, ''), k.locale) = @locale)
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    GROUP BY v.conversation_id, v.seq, v.agent_id, v.source, v.item
) s GROUP BY s.source ORDER BY s.source
