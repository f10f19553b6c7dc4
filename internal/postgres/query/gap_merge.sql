-- The merged gap points at the other from now on, which is news: what was proposed for it is to be tried again.
WITH merged AS (
    UPDATE gaps SET state = 'merged', merged_into = @into, revision = revision + 1, state_at = @now WHERE id = @id
    RETURNING last_seen_at
)
UPDATE gaps g SET revision = g.revision + 1, last_seen_at = greatest(g.last_seen_at, m.last_seen_at), checked_epoch = 0,
    proposed_article = '', proposed_locale = '', proposed_at = NULL
FROM merged m WHERE g.id = @into
