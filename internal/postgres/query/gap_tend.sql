-- Old samples are forgotten, but for those that keep questions off the board; gaps without samples are (or their
-- conversations were erased); those without news expire.
WITH aged AS (
    DELETE FROM gap_samples s USING gaps g
    WHERE g.id = s.gap_id AND g.state <> 'out_of_scope' AND s.happened_at < @forget_before
), forgotten AS (
    DELETE FROM gaps g WHERE g.state <> 'merged' AND g.created_at < @now::timestamptz - interval '1 minute'
        AND NOT EXISTS (SELECT FROM gap_samples s WHERE s.gap_id = g.id)
    RETURNING g.id
), expired AS (
    UPDATE gaps g SET state = 'expired', state_at = @now, revision = revision + 1
    WHERE g.state IN ('open', 'in_progress') AND g.last_seen_at < @silent_since
        AND EXISTS (SELECT FROM gap_samples s WHERE s.gap_id = g.id)
    RETURNING g.id, g.site_id
)
INSERT INTO gap_acts (gap_id, site_id, at, act) SELECT id, site_id, @now, 'expired' FROM expired
