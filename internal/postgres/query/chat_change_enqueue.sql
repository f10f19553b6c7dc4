-- Puts a locked conversation into the queue: at its end or, with @head, before all that wait in its department. base is
-- that place before any priority (see queue_entries). One that waits already keeps its place; @excluded, who gave it back, is not
-- asked again for a while.
WITH offered AS (
    DELETE FROM routing_offers WHERE conversation_id = @id
)
INSERT INTO queue_entries (conversation_id, site_id, department_id, team_id, reason, enqueued_at, base, place, priority, skills, declined, excluded_at)
SELECT @id, @site, @department, @team, @reason, statement_timestamp(), b.base,
    b.base - @priority::integer * interval '1 minute', @priority, @skills::jsonb,
    coalesce((SELECT jsonb_object_agg(u, statement_timestamp()) FROM unnest(@excluded::uuid[]) u), '{}'),
    CASE WHEN cardinality(@excluded::uuid[]) > 0 THEN statement_timestamp() END
FROM (SELECT CASE WHEN @head::boolean THEN least(statement_timestamp(),
        (SELECT min(q.place) - interval '1 microsecond' FROM queue_entries q WHERE q.site_id = @site AND q.department_id = @department))
    ELSE statement_timestamp() END AS base) b
ON CONFLICT (conversation_id) DO UPDATE SET
    department_id = excluded.department_id, team_id = excluded.team_id, reason = excluded.reason, skills = excluded.skills,
    declined = queue_entries.declined || excluded.declined,
    excluded_at = coalesce(excluded.excluded_at, queue_entries.excluded_at)
