-- A verdict on an answer of the bot within scope; the latest counts, an empty one takes it back. No row: there is no such answer.
WITH answer AS (
    SELECT l.conversation_id, l.seq, c.site_id, c.department_id FROM conversation_log l JOIN conversations c ON c.id = l.conversation_id
    WHERE l.conversation_id = @conversation AND l.seq = @seq AND l.author_kind = 'bot' AND l.kind = 'message' AND l.data ? 'source' AND c.site_id = @site
        AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
), taken AS (
    DELETE FROM bot_audits b USING answer a WHERE @verdict::text = '' AND b.conversation_id = a.conversation_id AND b.seq = a.seq
), given AS (
    INSERT INTO bot_audits (conversation_id, seq, site_id, department_id, verdict, judge, judged_at)
    SELECT conversation_id, seq, site_id, department_id, @verdict, @judge, @now FROM answer WHERE @verdict::text <> ''
    ON CONFLICT (conversation_id, seq) DO UPDATE SET verdict = excluded.verdict, judge = excluded.judge, judged_at = excluded.judged_at
)
SELECT site_id FROM answer
