-- The articles that came near to a gap's questions, with the title of a published translation.
SELECT n.article, coalesce((
    SELECT v.title FROM kb_articles a JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale AND v.version = a.published_version
    WHERE a.site_id = g.site_id AND a.id = n.article ORDER BY a.locale = g.locale DESC LIMIT 1), '') AS title, n.count::integer
FROM gaps g CROSS JOIN LATERAL (
    SELECT a.article, count(*) AS count FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id, unnest(s.nearest) AS a (article)
    WHERE s.gap_id = g.id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
    GROUP BY a.article ORDER BY count(*) DESC LIMIT 5
) n
WHERE g.id = @id ORDER BY n.count DESC, n.article
