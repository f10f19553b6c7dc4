-- The end of a conversation that was just read by its link, ascending: at most @limit rows and @bytes of text, which is known
-- of each before it is read. Notes are not for who has a link, and what was edited stands in its place.
SELECT t.conversation_id, t.seq, t.client_id, c.site_id, c.department_id, c.contact_id,
    t.author_kind, t.author_id, t.author_name, t.kind, t.content, t.data - 'extra' - 'history', t.created_at
FROM (
    SELECT l.*, sum(octet_length(l.content)) OVER (ORDER BY l.seq DESC) AS size FROM (
        SELECT * FROM conversation_log WHERE conversation_id = @id AND kind NOT IN ('note', 'edited', 'deleted') ORDER BY seq DESC LIMIT @limit) l
) t
JOIN conversations c ON c.id = t.conversation_id
WHERE t.size <= @bytes::bigint ORDER BY t.seq
