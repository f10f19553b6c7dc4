-- Stores a working copy over the revision that was read (@revision 0 = over none). No row = it has another revision, is
-- there already, or lies out of scope, be it the working copy itself or the published article of its name.
INSERT INTO kb_drafts AS d (site_id, article_id, locale, department_id, title, questions, answer, tags, audience, floor, handover, next,
    owner, review_at, expires_at, state, base_version, minor, revision, editor, submitter, reviewer, note, publish_at, due_at, attempts,
    failure, created_at, updated_at)
SELECT s.id, @id, @locale, nullif(@department::integer, 0), @title, @questions, @answer, @tags, @audience, @floor, @handover, @next,
    @owner, @review_at, @expires_at, @state, @base, @minor, @revision::bigint + 1, @editor, @submitter, @reviewer, @note, @publish_at,
    @due_at, @attempts, @failure, @at, @at
FROM sites s
WHERE s.id = @site AND (@all_sites::boolean OR s.id = ANY (@sites::integer[]))
  AND (@all_departments::boolean OR @department::integer = ANY (@departments::integer[]))
  AND (@all_departments::boolean OR NOT EXISTS (
        SELECT 1 FROM kb_articles a
        WHERE a.site_id = s.id AND a.id = @id AND a.locale = @locale AND a.department_id <> ALL (@departments::integer[])))
  AND (@revision::bigint = 0 OR EXISTS (
        SELECT 1 FROM kb_drafts o WHERE o.site_id = s.id AND o.article_id = @id AND o.locale = @locale AND o.revision = @revision))
ON CONFLICT (site_id, article_id, locale) DO UPDATE
    SET department_id = excluded.department_id, title = excluded.title, questions = excluded.questions, answer = excluded.answer,
        tags = excluded.tags, audience = excluded.audience, floor = excluded.floor, handover = excluded.handover, next = excluded.next,
        owner = excluded.owner, review_at = excluded.review_at, expires_at = excluded.expires_at, state = excluded.state,
        base_version = excluded.base_version, minor = excluded.minor, revision = excluded.revision, editor = excluded.editor,
        submitter = excluded.submitter, reviewer = excluded.reviewer, note = excluded.note, publish_at = excluded.publish_at,
        due_at = excluded.due_at, attempts = excluded.attempts, failure = excluded.failure, updated_at = excluded.updated_at
    WHERE @revision::bigint > 0 AND d.revision = @revision
      AND (@all_departments::boolean OR d.department_id IS NULL OR d.department_id = ANY (@departments::integer[]))
RETURNING d.revision, d.created_at
