-- The parts of which the log has rows of this time that the index has not seen; of an edit also the part of the row
-- that it changed; and all parts of a conversation that has moved to another department or contact.
WITH news AS MATERIALIZED (
    SELECT l.conversation_id, l.seq, l.kind, l.data FROM conversation_log l WHERE l.created_at >= @from AND l.created_at < @to
), touched AS (
    SELECT conversation_id, (seq - 1) / 32 AS part, max(seq) AS seq FROM news GROUP BY 1, 2
    UNION ALL
    SELECT conversation_id, ((data->>'target')::integer - 1) / 32, max(seq) FROM news
    WHERE kind IN ('edited', 'deleted') AND data->>'target' ~ '^[1-9][0-9]{0,8}$' GROUP BY 1, 2
)
SELECT t.conversation_id, t.part FROM (
    SELECT t.conversation_id, t.part FROM touched t
    LEFT JOIN history_parts p ON p.conversation_id = t.conversation_id AND p.part = t.part
    WHERE p.seen IS NULL OR p.seen < t.seq
    UNION
    SELECT p.conversation_id, p.part FROM (SELECT DISTINCT conversation_id FROM news) n
    JOIN conversations c ON c.id = n.conversation_id
    JOIN history_parts p ON p.conversation_id = c.id
    WHERE p.department_id <> c.department_id
    UNION
    SELECT p.conversation_id, p.part FROM (SELECT conversation_id, max(seq) AS seq FROM news WHERE kind = 'identified' GROUP BY 1) n
    JOIN history_parts p ON p.conversation_id = n.conversation_id AND p.seen < n.seq
) t
ORDER BY t.conversation_id, t.part
