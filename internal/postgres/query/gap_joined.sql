-- News for a gap. A solved one that is asked again after it was solved, and an expired one, come back to the board; what
-- was proposed is to be tried again. Returns whether it came back.
WITH before AS (SELECT id, state, state_at FROM gaps WHERE id = @gap)
UPDATE gaps g SET
    last_seen_at = greatest(g.last_seen_at, @happened_at), checked_epoch = 0,
    proposed_article = '', proposed_locale = '', proposed_at = NULL,
    state = CASE WHEN b.state = 'expired' OR (b.state = 'solved' AND @happened_at > b.state_at) THEN 'open' ELSE g.state END,
    state_at = CASE WHEN b.state = 'expired' OR (b.state = 'solved' AND @happened_at > b.state_at) THEN @now ELSE g.state_at END
FROM before b WHERE g.id = b.id
RETURNING b.state <> g.state
