-- The judgements of a conversation within scope.
SELECT j.site_id, j.department_id, j.conversation_id, j.seq, j.agent_id, j.verdict, coalesce(j.article, '') AS article, coalesce(j.locale, '') AS locale,
       coalesce(j.version, 0) AS version, coalesce(j.right_article, '') AS right_article, j.note, j.at
FROM bot_judgements j JOIN conversations c ON c.id = j.conversation_id
WHERE j.conversation_id = @id::uuid AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY j.seq, j.at
LIMIT 500
