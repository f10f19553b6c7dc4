-- Stores acts once each, and adds the new ones to the sums of their item and of its source, in one statement. A conversation or
-- an agent that is gone meanwhile has no acts.
WITH given AS (
    SELECT k.* FROM unnest(@conversations::uuid[], @seqs::integer[], @message_seqs::integer[], @agents::uuid[], @sources::text[], @items::text[],
                           @ranks::smallint[], @confidences::real[], @acts::text[], @edits::real[], @ats::timestamptz[])
         AS k (conversation_id, seq, message_seq, agent_id, source, item, rank, confidence, act, edit_share, at)
), added AS (
    INSERT INTO suggestion_events (site_id, department_id, conversation_id, seq, message_seq, agent_id, source, item, rank, confidence, act, edit_share, at)
    SELECT c.site_id, c.department_id, g.conversation_id, g.seq, nullif(g.message_seq, 0), g.agent_id, g.source, g.item, g.rank, g.confidence, g.act,
           CASE WHEN g.act IN ('edited', 'sent') THEN g.edit_share END, g.at
    FROM given g
    JOIN conversations c ON c.id = g.conversation_id
    JOIN users u ON u.id = g.agent_id
    ON CONFLICT ON CONSTRAINT suggestion_events_once DO NOTHING
    RETURNING site_id, source, item, act, edit_share
), sums AS (
    SELECT a.site_id, a.source, i.item,
           count(*) FILTER (WHERE a.act = 'shown')::double precision AS shown,
           coalesce(sum(1 - a.edit_share) FILTER (WHERE a.act IN ('edited', 'sent')), 0)::double precision AS used
    FROM added a CROSS JOIN LATERAL (VALUES (a.item), ('')) AS i (item)
    WHERE a.act IN ('shown', 'edited', 'sent')
    GROUP BY a.site_id, a.source, i.item
    ORDER BY a.site_id, a.source, i.item -- one order for everybody: no two wait for each other
)
INSERT INTO suggestion_usage AS u (site_id, source, item, shown, used)
SELECT site_id, source, item, shown, used FROM sums
ON CONFLICT (site_id, source, item) DO UPDATE SET shown = u.shown + excluded.shown, used = u.used + excluded.used
