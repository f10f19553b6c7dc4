-- Stores a waiting run at a site within scope unless @most of that site wait or work already, and drops all but the @kept newest ended ones of its kind.
-- No row = too many. The site's row is locked: two requests at once do not both find room.
WITH site AS (
    SELECT s.id FROM sites s WHERE s.id = @site::int AND (@all::boolean OR s.id = ANY(@sites::int[])) FOR NO KEY UPDATE
), old AS (
    DELETE FROM bot_runs r USING (
        SELECT o.id FROM bot_runs o
        WHERE o.site_id = (SELECT id FROM site) AND o.kind = @kind AND o.state IN ('done', 'cancelled', 'failed')
        ORDER BY o.created_at DESC OFFSET @kept::int
    ) gone WHERE r.id = gone.id
)
INSERT INTO bot_runs (id, site_id, kind, spec, state, created_by, created_at)
SELECT @id::uuid, site.id, @kind, @spec::jsonb, 'waiting', @actor, @at FROM site
WHERE (SELECT count(*) FROM bot_runs r WHERE r.site_id = site.id AND r.state IN ('waiting', 'running')) < @most::int
RETURNING id::text
