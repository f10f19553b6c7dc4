-- Open gaps that were not put to the bot since their site published something, the latest first, with the latest questions
-- of distinct visitors.
WITH due AS (
    SELECT g.id, g.site_id, g.department_id, g.audience, g.locale, g.last_seen_at, e.epoch
    FROM gaps g JOIN kb_epochs e ON e.site_id = g.site_id
    WHERE g.state IN ('open', 'in_progress') AND g.checked_epoch < e.epoch
    ORDER BY g.last_seen_at DESC LIMIT @limit
)
SELECT d.id, d.epoch, d.site_id, d.department_id, d.audience, d.locale, q.conversation_id, q.seq, q.question, q.locale, q.said_article, q.said_version
FROM due d CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT DISTINCT ON (s.contact_id) s.conversation_id, s.seq, s.question, s.locale, s.said_article, s.said_version, s.happened_at
        FROM gap_samples s WHERE s.gap_id = d.id ORDER BY s.contact_id, s.happened_at DESC
    ) each ORDER BY each.happened_at DESC LIMIT @questions
) q
ORDER BY d.last_seen_at DESC, d.id, q.happened_at DESC
