-- What a policy lets go at a site now, by class: conversations, rows of the log, contacts with no other conversation, and
-- since when the oldest was over. A conversation that nobody resolved, and that no person holds or waits for, is over
-- since its last message.
WITH gone AS MATERIALIZED (
    SELECT c.id, c.contact_id, c.last_seq, k.identified, coalesce(c.resolved_at, c.last_message_at, c.created_at) AS over_at
    FROM conversations c
    JOIN LATERAL (SELECT (k.identified_at IS NOT NULL OR k.name <> '' OR k.email <> '' OR k.phone <> '') AS identified FROM contacts k WHERE k.id = c.contact_id) k ON true
    WHERE c.site_id = @site AND (c.status = 'resolved' OR c.owner = 'bot')
        AND coalesce(c.resolved_at, c.last_message_at, c.created_at) < CASE WHEN k.identified THEN @identified::timestamptz ELSE @anonymous::timestamptz END
)
SELECT g.identified, count(*), coalesce(sum(g.last_seq), 0)::bigint,
    (SELECT count(*) FROM (SELECT x.contact_id FROM gone x WHERE x.identified = g.identified GROUP BY 1
        HAVING count(*) = (SELECT count(*) FROM conversations o WHERE o.contact_id = x.contact_id)) lonely),
    min(g.over_at)
FROM gone g GROUP BY g.identified
