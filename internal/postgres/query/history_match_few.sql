-- history_match.sql for a filter that few conversations pass (history_few.sql): from them to their parts, not the other way.
WITH few AS MATERIALIZED (
    SELECT c.id, c.assignee_id FROM conversations c
    WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
        AND (@site::integer = 0 OR c.site_id = @site::integer) AND (@department::integer = 0 OR c.department_id = @department::integer)
        AND (@status = '' OR c.status = @status) AND (@owner = '' OR c.owner = @owner)
        AND (@of_contact::uuid IS NULL OR c.contact_id = @of_contact::uuid)
)
SELECT f.id FROM few c
CROSS JOIN LATERAL (
    SELECT p.id, p.terms, p.conversation_id FROM history_parts p
    WHERE p.conversation_id = c.id AND p.id < @below AND p.id >= @from_id
        AND (@from::timestamptz IS NULL OR p.last_at >= @from::timestamptz)
        AND (@to::timestamptz IS NULL OR p.first_at < @to::timestamptz)
    OFFSET 0
) f
WHERE f.terms @@ @query::tsquery
    AND (@agent::uuid IS NULL OR c.assignee_id = @agent::uuid OR f.terms @@ (('''#a' || @agent::uuid || '''')::tsquery))
    AND (@shown::bigint = 0 OR NOT EXISTS (SELECT FROM history_parts n
        WHERE n.conversation_id = f.conversation_id AND n.id >= @shown::bigint AND n.terms @@ @anywhere::tsquery))
ORDER BY f.id DESC LIMIT @limit
