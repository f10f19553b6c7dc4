-- Ends working copies that are published in this transaction, under the site's publishing lock. One that was changed
-- since, was made from another version than the one that is published, is out of scope or (due) has not come to its hour
-- stays: fewer rows than asked for = conflict.
DELETE FROM kb_drafts d
USING unnest(@ids::text[], @locales::text[], @revisions::bigint[], @dues::boolean[]) AS n (id, locale, revision, due)
WHERE d.site_id = @site AND d.article_id = n.id AND d.locale = n.locale AND d.revision = n.revision
  AND (@all_departments::boolean OR d.department_id IS NULL OR d.department_id = ANY (@departments::integer[]))
  AND d.base_version = coalesce((SELECT a.published_version FROM kb_articles a WHERE a.site_id = @site AND a.id = n.id AND a.locale = n.locale), 0)
  AND (NOT n.due OR (d.state = 'scheduled' AND d.publish_at <= now()))
