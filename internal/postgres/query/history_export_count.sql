-- How many conversations and rows an export within scope and filter has: the conditions of history_export_heads.sql.
SELECT count(*), coalesce(sum(c.last_seq), 0)::bigint
FROM conversations c
WHERE scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    AND (@from::timestamptz IS NULL OR c.created_at >= @from::timestamptz)
    AND (@to::timestamptz IS NULL OR c.created_at < @to::timestamptz)
    AND (@site::integer = 0 OR c.site_id = @site::integer) AND (@department::integer = 0 OR c.department_id = @department::integer)
    AND (@status = '' OR c.status = @status) AND (@owner = '' OR c.owner = @owner)
    AND (@of_contact::uuid IS NULL OR c.contact_id = @of_contact::uuid)
    AND (@agent::uuid IS NULL OR c.assignee_id = @agent::uuid
        OR EXISTS (SELECT FROM conversation_log l WHERE l.conversation_id = c.id AND l.author_kind = 'agent' AND l.author_id = @agent::uuid))
    AND (NOT @notes::boolean OR EXISTS (SELECT FROM conversation_log l WHERE l.conversation_id = c.id AND l.kind = 'note'))
