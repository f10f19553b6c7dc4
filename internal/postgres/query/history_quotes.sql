-- Published articles and drafts of a site with a question word for word as the contact wrote it.
WITH said AS MATERIALIZED (
    SELECT DISTINCT lower(btrim(l.content)) AS content
    FROM contacts k JOIN conversations c ON c.contact_id = k.id JOIN conversation_log l ON l.conversation_id = c.id
    WHERE (k.id = @id OR k.merged_into = @id) AND l.author_kind = 'visitor' AND l.kind = 'message'
)
SELECT a.id, a.locale FROM kb_articles a
JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale AND v.version = a.published_version
WHERE a.site_id = @site AND EXISTS (SELECT FROM unnest(v.questions) q JOIN said ON said.content = lower(btrim(q)))
UNION
SELECT d.article_id, d.locale FROM kb_drafts d
WHERE d.site_id = @site AND EXISTS (SELECT FROM unnest(d.questions) q JOIN said ON said.content = lower(btrim(q)))
ORDER BY 1, 2 LIMIT 100
