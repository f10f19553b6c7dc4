-- Takes a locked conversation out of the queue; when an agent took it (@claimed), its wait joins the history.
WITH offered AS (
    DELETE FROM routing_offers WHERE conversation_id = @id
), gone AS (
    DELETE FROM queue_entries WHERE conversation_id = @id RETURNING conversation_id, site_id, department_id, team_id, enqueued_at
)
INSERT INTO queue_waits (conversation_id, owner_epoch, site_id, department_id, team_id, claimed_at, waited)
SELECT conversation_id, @owner_epoch, site_id, department_id, team_id, statement_timestamp(), greatest(interval '0', statement_timestamp() - enqueued_at)
FROM gone WHERE @claimed::boolean
ON CONFLICT (conversation_id, owner_epoch) DO NOTHING
