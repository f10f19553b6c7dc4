-- The last time that a suggestion was shown to an agent before a row of the conversation.
SELECT e.site_id, e.department_id, e.conversation_id, e.seq, e.agent_id, e.source, e.item, e.rank, e.confidence, e.at
FROM suggestion_events e
WHERE e.conversation_id = @conversation::uuid AND e.agent_id = @agent::uuid AND e.source = @source AND e.item = @item AND e.act = 'shown' AND e.seq < @seq
ORDER BY e.seq DESC LIMIT 1
