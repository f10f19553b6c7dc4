-- Canned replies and past answers nearest to a question, of the conversation's site and department only, and within the
-- caller's scope. One vector model; a past answer's wall is its conversation's as it stands now.
(
    SELECT 'canned' AS source, c.id, t.locale, c.title AS about, t.content, '' AS agent, c.updated_at AS at, -(t.embedding <#> @vector::halfvec) AS cosine
    FROM canned_replies c
    JOIN canned_texts t ON t.canned_id = c.id AND t.model = @fingerprint
    WHERE c.site_id = @site AND (@all::boolean OR c.site_id = ANY (@sites::integer[]))
      AND (c.department_id IS NULL OR (c.department_id = @department AND (@departments::integer[] IS NULL OR c.department_id = ANY (@departments::integer[]))))
      AND (c.owner_id IS NULL OR c.owner_id = @agent::uuid)
      AND (c.team_id IS NULL OR EXISTS (SELECT FROM team_members m WHERE m.team_id = c.team_id AND m.user_id = @agent::uuid))
      AND (t.locale = @locale OR NOT EXISTS (SELECT FROM canned_texts o WHERE o.canned_id = c.id AND o.locale = @locale))
    ORDER BY t.embedding <#> @vector::halfvec, c.id
    LIMIT @limit
)
UNION ALL
(
    SELECT 'solved' AS source, s.id, s.locale, s.question AS about, s.answer AS content, coalesce(u.name, '') AS agent, s.created_at AS at, -(s.embedding <#> @vector::halfvec) AS cosine
    FROM solved_answers s
    JOIN conversations c ON c.id = s.conversation_id
    LEFT JOIN users u ON u.id = s.agent_id
    WHERE s.site_id = @site AND s.model = @fingerprint AND s.expires_at > @at AND NOT s.deleted AND s.locale = @locale
      AND c.department_id = @department AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    ORDER BY s.embedding <#> @vector::halfvec, s.id
    LIMIT @limit
)
