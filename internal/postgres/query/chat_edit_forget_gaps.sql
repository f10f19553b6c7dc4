-- Questions that were gathered from the visitor's removed message @seq: those of the turns up to their next message.
DELETE FROM gap_samples g
WHERE g.conversation_id = @id AND g.seq > @seq AND g.seq < coalesce((SELECT min(l.seq) FROM conversation_log l
    WHERE l.conversation_id = @id AND l.kind = 'message' AND l.author_kind = 'visitor' AND l.seq > @seq), 2147483647)
