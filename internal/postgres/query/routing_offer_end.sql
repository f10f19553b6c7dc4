-- Ends an offer; its agent is not asked again for a while.
WITH gone AS (
    DELETE FROM routing_offers WHERE id = $1 RETURNING conversation_id, user_id
), kept AS (
    UPDATE queue_entries q SET excluded = CASE WHEN g.user_id = ANY (q.excluded) THEN q.excluded ELSE array_append(q.excluded, g.user_id) END,
        excluded_at = statement_timestamp()
    FROM gone g WHERE q.conversation_id = g.conversation_id
)
SELECT count(*)::integer FROM gone
