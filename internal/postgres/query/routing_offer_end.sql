-- Ends an offer: declined, overdue (only if its time is over, which is for the database's clock to say) or freed. Its agent is
-- not asked again for a while, unless it was freed; who let it pass is noted as {"missed": time}, sooner to be asked again. Returns whether it ended, and the seconds for which it goes on standing.
WITH gone AS (
    DELETE FROM routing_offers WHERE id = @id AND (@how <> 'overdue' OR expires_at <= statement_timestamp())
    RETURNING conversation_id, user_id
), kept AS (
    UPDATE queue_entries q SET declined = q.declined || jsonb_build_object(g.user_id,
        CASE @how WHEN 'overdue' THEN jsonb_build_object('missed', statement_timestamp()) ELSE to_jsonb(statement_timestamp()) END), excluded_at = statement_timestamp()
    FROM gone g WHERE q.conversation_id = g.conversation_id AND @how <> 'freed'
)
SELECT EXISTS (SELECT FROM gone) AS ended, CASE WHEN NOT EXISTS (SELECT FROM gone) THEN coalesce((
    SELECT extract(epoch FROM o.expires_at - statement_timestamp()) FROM routing_offers o WHERE o.id = @id), 0) ELSE 0 END::float8 AS left_s
