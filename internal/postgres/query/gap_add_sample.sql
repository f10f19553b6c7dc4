-- Stores a sample once. One visitor adds at most @cap a day: a script that asks nonsense all night fills no board.
INSERT INTO gap_samples (conversation_id, seq, site_id, department_id, contact_id, audience, locale, reason, question,
    nearest, said_article, said_version, happened_at)
SELECT @conversation, @seq, c.site_id, c.department_id, c.contact_id, @audience, @locale, @reason, @question,
    @nearest, @said_article, @said_version, @happened_at
FROM conversations c
WHERE c.id = @conversation AND (SELECT count(*) FROM gap_samples s WHERE s.contact_id = c.contact_id
    AND s.happened_at > @happened_at::timestamptz - interval '1 day' AND s.happened_at <= @happened_at) < @cap
ON CONFLICT DO NOTHING
