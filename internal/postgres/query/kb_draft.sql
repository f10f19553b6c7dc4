-- Working copies of a site within scope, by id and locale; @id '' = of all articles, @locale '' = of both languages.
SELECT d.site_id, d.article_id AS id, d.locale, coalesce(d.department_id, 0) AS department_id, d.title, d.questions, d.answer, d.tags,
       d.audience, d.floor, d.handover, d.next, d.owner, d.review_at, d.expires_at,
       d.state, d.base_version, d.minor, d.revision, d.editor, d.submitter, d.reviewer, d.note,
       d.publish_at, d.due_at, d.attempts, d.failure, d.created_at, d.updated_at
FROM kb_drafts d
WHERE d.site_id = @site AND (@id::text = '' OR d.article_id = @id) AND (@locale::text = '' OR d.locale = @locale)
  AND (@all_sites::boolean OR d.site_id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR d.department_id IS NULL OR d.department_id = ANY (@departments::integer[]))
ORDER BY d.article_id, d.locale
