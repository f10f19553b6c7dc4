-- The newest parts that match, with ids in [@from_id, @below), of conversations within scope and filter; at most @limit.
-- The walls are asked of the conversation as it is now, whatever the index believes. Not shown twice: a conversation of
-- which a newer part (from @shown on) matches was found before.
WITH found AS MATERIALIZED (
    SELECT p.id, p.conversation_id FROM history_parts p
    WHERE p.terms @@ @query::tsquery AND p.id < @below AND p.id >= @from_id
        AND (@from::timestamptz IS NULL OR p.last_at >= @from::timestamptz)
        AND (@to::timestamptz IS NULL OR p.first_at < @to::timestamptz)
)
SELECT f.id FROM found f JOIN conversations c ON c.id = f.conversation_id
WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    AND (@site::integer = 0 OR c.site_id = @site::integer) AND (@department::integer = 0 OR c.department_id = @department::integer)
    AND (@status = '' OR c.status = @status) AND (@owner = '' OR c.owner = @owner)
    AND (@of_contact::uuid IS NULL OR c.contact_id = @of_contact::uuid)
    AND (@agent::uuid IS NULL OR c.assignee_id = @agent::uuid
        OR EXISTS (SELECT FROM history_parts a WHERE a.id = f.id AND a.terms @@ (('''#a' || @agent::uuid || '''')::tsquery)))
    AND (@shown::bigint = 0 OR NOT EXISTS (SELECT FROM history_parts n
        WHERE n.conversation_id = f.conversation_id AND n.id >= @shown::bigint AND n.terms @@ @anywhere::tsquery))
ORDER BY f.id DESC LIMIT @limit
