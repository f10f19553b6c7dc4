-- Puts a locked conversation into the queue: at its end or, with @head, before all that wait in its department.
INSERT INTO queue_entries (conversation_id, site_id, department_id, team_id, reason, enqueued_at, place)
VALUES (@id, @site, @department, @team, @reason, statement_timestamp(),
    CASE WHEN @head::boolean THEN least(statement_timestamp(),
        (SELECT min(q.place) - interval '1 microsecond' FROM queue_entries q WHERE q.site_id = @site AND q.department_id = @department))
    ELSE statement_timestamp() END)
ON CONFLICT (conversation_id) DO UPDATE SET
    department_id = excluded.department_id, team_id = excluded.team_id, reason = excluded.reason
