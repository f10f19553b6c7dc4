-- One canned reply by id, as the list has it.
SELECT c.id, c.site_id, coalesce(c.department_id, 0) AS department, c.team_id, c.owner_id, c.shortcut, c.title, c.version, c.updated_at, c.updated_by,
       (SELECT jsonb_object_agg(t.locale, t.content) FROM canned_texts t WHERE t.canned_id = c.id) AS texts
FROM canned_replies c WHERE c.id = @id
