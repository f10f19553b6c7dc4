-- A page of the editors' list within scope: one row a translation, with what is published of it and its working copy, by id
-- and locale after @cursor ("locale id"). Beside every row stand the counts of all filters and the site's languages; a
-- page without a row returns one row all the same (id null), a site out of scope none.
WITH a AS (
    SELECT * FROM kb_articles
    WHERE site_id = @site AND (@all_departments::boolean OR department_id IS NULL OR department_id = ANY (@departments::integer[]))
), d AS (
    SELECT * FROM kb_drafts
    WHERE site_id = @site AND (@all_departments::boolean OR department_id IS NULL OR department_id = ANY (@departments::integer[]))
), spoken AS (
    SELECT coalesce(array_agg(DISTINCT locale), '{}') AS locales FROM a WHERE published_version IS NOT NULL
), there AS (
    SELECT id, array_agg(DISTINCT locale) AS locales, max(newest) AS newest
    FROM (SELECT id, locale, text_revision AS newest FROM a WHERE published_version IS NOT NULL
          UNION ALL SELECT article_id, locale, 0 FROM d) AS t
    GROUP BY id
), found AS (
    SELECT coalesce(d.article_id, a.id) AS id, coalesce(d.locale, a.locale) AS locale, coalesce(nullif(d.title, ''), v.title, '') AS title,
           coalesce(d.tags, v.tags, '{}') AS tags, cardinality(coalesce(d.questions, v.questions)) AS questions,
           CASE WHEN d.article_id IS NULL THEN coalesce(a.department_id, 0) ELSE coalesce(d.department_id, 0) END AS department,
           coalesce(d.audience, a.audience) AS audience, coalesce(d.owner, v.owner) AS owner,
           coalesce(a.published_version, 0) AS published, coalesce(a.ended, '') AS ended,
           coalesce(d.state, '') AS state, coalesce(d.revision, 0) AS revision, coalesce(d.editor, '') AS editor, coalesce(d.failure, '') AS failure,
           d.publish_at, CASE WHEN a.published_version IS NOT NULL THEN v.review_at END AS review_at,
           CASE WHEN a.published_version IS NOT NULL THEN v.expires_at END AS expires_at,
           greatest(d.updated_at, a.updated_at) AS updated_at,
           a.published_version IS NOT NULL AND a.text_revision < t.newest AS outdated,
           CASE WHEN t.id IS NULL THEN '{}' ELSE ARRAY(SELECT l FROM unnest(s.locales) AS l WHERE l <> ALL (t.locales) ORDER BY l) END AS missing,
           coalesce(d.questions, v.questions) AS texts
    FROM a
    FULL JOIN d ON d.article_id = a.id AND d.locale = a.locale
    LEFT JOIN kb_versions v ON v.site_id = a.site_id AND v.article_id = a.id AND v.locale = a.locale AND v.version = coalesce(a.published_version, a.last_version)
    LEFT JOIN there t ON t.id = coalesce(d.article_id, a.id)
    CROSS JOIN spoken s
), matching AS (
    SELECT f.*, array_remove(ARRAY[
               CASE WHEN f.published > 0 OR f.state <> '' THEN '' END,
               CASE WHEN f.published > 0 THEN 'published' END,
               nullif(f.state, ''),
               CASE WHEN f.review_at <= now() THEN 'to_review' END,
               nullif(f.ended, ''),
               CASE WHEN f.missing <> '{}' THEN 'missing' END,
               CASE WHEN f.outdated THEN 'outdated' END,
               CASE WHEN f.failure <> '' THEN 'failed' END], NULL) AS shows
    FROM found f
    WHERE (@filter_locale::text = '' OR f.locale = @filter_locale)
      AND (@tag::text = '' OR @tag = ANY (f.tags))
      AND (@owner::text = '' OR f.owner = @owner)
      AND (@search::text = ''
           OR strpos(lower(f.id || ' ' || f.title || ' ' || array_to_string(f.texts, ' ') || ' ' || array_to_string(f.tags, ' ')), lower(@search)) > 0)
), counts AS (
    SELECT coalesce(jsonb_object_agg(show, n), '{}') AS counts
    FROM (SELECT show, count(*) AS n FROM matching, unnest(shows) AS show GROUP BY show) AS c
), page AS (
    SELECT * FROM matching m
    WHERE @show::text = ANY (m.shows)
      AND (m.id, m.locale) > (substr(@cursor::text, strpos(@cursor, ' ') + 1), split_part(@cursor, ' ', 1))
    ORDER BY m.id, m.locale
    LIMIT @limit
)
SELECT c.counts, s.locales, p.id, p.locale, p.title, p.tags, p.questions, p.department, p.audience, p.owner, p.published, p.ended, p.state,
       p.revision, p.editor, p.failure, p.publish_at, p.review_at, p.expires_at, p.updated_at, p.outdated, p.missing
FROM counts c CROSS JOIN spoken s LEFT JOIN page p ON true
WHERE EXISTS (SELECT 1 FROM sites WHERE id = @site AND (@all_sites::boolean OR id = ANY (@sites::integer[])))
ORDER BY p.id, p.locale
