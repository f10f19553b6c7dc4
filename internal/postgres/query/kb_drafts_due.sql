-- Takes scheduled working copies whose hour has come, by the database's clock; until the lease ends nobody else is given
-- them. Reads one range of the index of what is scheduled.
WITH taken AS (
    SELECT site_id, article_id, locale FROM kb_drafts
    WHERE state = 'scheduled' AND due_at <= now()
    ORDER BY due_at
    LIMIT @limit
    FOR UPDATE SKIP LOCKED
)
UPDATE kb_drafts d SET due_at = now() + @lease::interval, attempts = d.attempts + 1
FROM taken t
WHERE d.site_id = t.site_id AND d.article_id = t.article_id AND d.locale = t.locale
RETURNING d.site_id, d.article_id AS id, d.locale, coalesce(d.department_id, 0) AS department_id, d.title, d.questions, d.answer, d.tags,
       d.audience, d.floor, d.handover, d.next, d.owner, d.review_at, d.expires_at,
       d.state, d.base_version, d.minor, d.revision, d.editor, d.submitter, d.reviewer, d.note,
       d.publish_at, d.due_at, d.attempts, d.failure, d.created_at, d.updated_at
