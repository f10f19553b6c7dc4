-- A new gap behind the same wall.
INSERT INTO gaps (site_id, department_id, audience, locale, state, created_at, last_seen_at, state_at)
SELECT g.site_id, g.department_id, g.audience, g.locale, 'open', @now, g.last_seen_at, @now FROM gaps g WHERE g.id = @id
RETURNING id
