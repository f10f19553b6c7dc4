-- Raises the watermarks of the conversations @ids, never beyond the logs' ends. What does not rise is not written.
INSERT INTO conversation_marks AS m (conversation_id, site_id, department_id, visitor_delivered, visitor_read, agent_delivered, agent_read)
SELECT c.id, c.site_id, c.department_id, least(n.visitor_delivered, c.last_seq), least(n.visitor_read, c.last_seq),
    least(n.agent_delivered, c.last_seq), least(n.agent_read, c.last_seq)
FROM unnest(@ids::uuid[], @visitor_delivered::integer[], @visitor_read::integer[], @agent_delivered::integer[], @agent_read::integer[])
    AS n (id, visitor_delivered, visitor_read, agent_delivered, agent_read)
JOIN conversations c ON c.id = n.id
ORDER BY c.id
ON CONFLICT (conversation_id) DO UPDATE SET
    visitor_delivered = greatest(m.visitor_delivered, excluded.visitor_delivered),
    visitor_read = greatest(m.visitor_read, excluded.visitor_read),
    agent_delivered = greatest(m.agent_delivered, excluded.agent_delivered),
    agent_read = greatest(m.agent_read, excluded.agent_read)
WHERE excluded.visitor_delivered > m.visitor_delivered OR excluded.visitor_read > m.visitor_read
    OR excluded.agent_delivered > m.agent_delivered OR excluded.agent_read > m.agent_read
