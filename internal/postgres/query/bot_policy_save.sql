-- Sets the bot's settings at a site within scope if nobody has since @version was read, with an audit row. No row = they have.
WITH saved AS (
    INSERT INTO bot_settings AS b (site_id, version, mode, percent, answer, clarify, max_clarifications, suggest, generator, hours, gate_on, gate_worse, updated_at, updated_by)
    SELECT s.id, @version::bigint + 1, @mode, @percent, @answer, @clarify, @max_clarifications, @suggest, @generator, @hours::jsonb, @gate_on, @gate_worse, @at, @actor
    FROM sites s
    WHERE s.id = @site::int AND (@all::boolean OR s.id = ANY(@sites::int[]))
      AND (@version::bigint = 0 OR EXISTS (SELECT FROM bot_settings o WHERE o.site_id = s.id))
    ON CONFLICT (site_id) DO UPDATE SET
        version = excluded.version, mode = excluded.mode, percent = excluded.percent, answer = excluded.answer, clarify = excluded.clarify,
        max_clarifications = excluded.max_clarifications, suggest = excluded.suggest, generator = excluded.generator, hours = excluded.hours,
        gate_on = excluded.gate_on, gate_worse = excluded.gate_worse, updated_at = excluded.updated_at, updated_by = excluded.updated_by
    WHERE b.version = @version::bigint
    RETURNING b.site_id, b.version
), noted AS (
    INSERT INTO audit_log (at, actor, action, object, detail, site_id)
    SELECT @at, @actor, 'bot.settings', 'version ' || saved.version, @detail, saved.site_id FROM saved
)
SELECT version FROM saved
