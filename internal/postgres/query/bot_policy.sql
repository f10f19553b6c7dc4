-- The bot's settings at one site within scope; no row = no such site there. version 0 = nothing is set.
SELECT coalesce(b.version, 0) AS version, coalesce(b.mode, 'live') AS mode, coalesce(b.percent, 100) AS percent,
       coalesce(b.answer, 0) AS answer, coalesce(b.clarify, 0) AS clarify, coalesce(b.max_clarifications, 0) AS max_clarifications,
       coalesce(b.suggest, 0) AS suggest, coalesce(b.generator, false) AS generator, b.hours,
       coalesce(b.gate_on, false) AS gate_on, coalesce(b.gate_worse, 0) AS gate_worse, b.updated_at, coalesce(b.updated_by, '') AS updated_by
FROM sites s LEFT JOIN bot_settings b ON b.site_id = s.id
WHERE s.id = @site::int AND (@all::boolean OR s.id = ANY(@sites::int[]))
