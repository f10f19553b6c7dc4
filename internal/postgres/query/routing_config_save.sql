-- Sets the routing of a site within scope if nobody has since @version was read, with an audit row. No row = they have.
-- Agents whose capacity nobody set for themselves get the site's.
WITH saved AS (
    INSERT INTO routing_settings AS r (site_id, version, config, updated_at, updated_by)
    SELECT s.id, @version::bigint + 1, @config::jsonb, @at, @actor
    FROM sites s
    WHERE s.id = @site::int AND (@all::boolean OR s.id = ANY(@sites::int[]))
      AND (@version::bigint = 0 OR EXISTS (SELECT FROM routing_settings o WHERE o.site_id = s.id))
    ON CONFLICT (site_id) DO UPDATE SET
        version = excluded.version, config = excluded.config, updated_at = excluded.updated_at, updated_by = excluded.updated_by
    WHERE r.version = @version::bigint
    RETURNING r.site_id, r.version
), capped AS (
    UPDATE agents a SET cap = @cap FROM saved
    WHERE NOT a.own_cap AND a.cap <> @cap
      AND saved.site_id = (SELECT min(us.site_id) FROM user_sites us WHERE us.user_id = a.user_id)
), noted AS (
    INSERT INTO audit_log (at, actor, action, object, detail, site_id)
    SELECT @at, @actor, 'routing.settings', 'version ' || saved.version, @detail, saved.site_id FROM saved
)
SELECT version FROM saved
