-- Names, states and distinct visitors of some gaps, of the samples within scope.
SELECT g.id, coalesce(nullif(g.name, ''), (array_agg(s.question ORDER BY s.typical DESC, s.happened_at DESC))[1]) AS title, g.state, g.locale, count(DISTINCT s.contact_id)::integer
FROM gaps g JOIN gap_samples s ON s.gap_id = g.id JOIN conversations c ON c.id = s.conversation_id
WHERE g.id = ANY (@ids) AND g.state <> 'merged' AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
GROUP BY g.id
