-- How many gaps of a site are in each state, those with a sample within scope.
SELECT g.state, count(*)::integer FROM gaps g
WHERE g.site_id = @site AND g.state <> 'merged' AND (@department::integer = 0 OR g.department_id = @department)
    AND EXISTS (SELECT FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
        WHERE s.gap_id = g.id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact))
GROUP BY g.state
