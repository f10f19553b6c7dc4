-- Raises the heads of the articles to new versions. An article whose @bases entry is not 0 is passed over unless that
-- is its last version, and one in a department out of scope is passed over too: fewer rows than articles = conflict.
INSERT INTO kb_articles AS a (site_id, id, locale, department_id, audience, expires_at, text_revision, published_version, last_version, created_at, updated_at)
SELECT @site, n.id, n.locale, nullif(n.department_id, 0), n.audience, n.expires_at, n.text_revision, 1, 1, @at, @at
FROM unnest(@ids::text[], @locales::text[], @article_departments::integer[], @bases::integer[],
            @audiences::smallint[], @expiries::timestamptz[], @text_revisions::integer[]) AS n (id, locale, department_id, base, audience, expires_at, text_revision)
WHERE (n.base = 0 OR EXISTS (
        SELECT 1 FROM kb_articles o
        WHERE o.site_id = @site AND o.id = n.id AND o.locale = n.locale AND o.published_version = n.base))
  AND (@all_departments::boolean OR n.department_id = ANY (@departments::integer[]))
ON CONFLICT (site_id, id, locale) DO UPDATE
    SET department_id = excluded.department_id, audience = excluded.audience, expires_at = excluded.expires_at, ended = NULL, text_revision = excluded.text_revision,
        published_version = a.last_version + 1, last_version = a.last_version + 1, updated_at = excluded.updated_at
    WHERE @all_departments::boolean OR a.department_id IS NULL OR a.department_id = ANY (@departments::integer[])
RETURNING a.id, a.locale, a.last_version
