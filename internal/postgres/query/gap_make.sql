-- A new gap for a sample.
INSERT INTO gaps (site_id, department_id, audience, locale, state, created_at, last_seen_at, state_at)
VALUES (@site, @department, @audience, @locale, 'open', @now, @happened_at, @now) RETURNING id
