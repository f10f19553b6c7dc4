-- Both parts of a split tell when they were asked last. Returns how many samples the old one keeps.
WITH parts AS (
    SELECT gap_id, max(happened_at) AS latest, (array_agg(locale ORDER BY happened_at))[1] AS locale FROM gap_samples WHERE gap_id IN (@id, @made) GROUP BY gap_id
), told AS (
    UPDATE gaps g SET last_seen_at = p.latest, revision = g.revision + 1, checked_epoch = 0, locale = CASE WHEN g.id = @made THEN p.locale ELSE g.locale END
    FROM parts p WHERE g.id = p.gap_id
)
SELECT count(*)::integer FROM gap_samples WHERE gap_id = @id
