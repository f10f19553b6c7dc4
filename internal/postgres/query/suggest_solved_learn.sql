-- Stores what a conversation taught and how far it was read. What stands there already stays, deleted by hand or not; a conversation that is gone teaches nothing.
WITH held AS (
    SELECT id, site_id FROM conversations WHERE id = @conversation::uuid
), done AS (
    INSERT INTO solved_reads (conversation_id, upto)
    SELECT id, @upto FROM held
    ON CONFLICT (conversation_id) DO UPDATE SET upto = greatest(solved_reads.upto, excluded.upto)
)
INSERT INTO solved_answers (conversation_id, answer_seq, site_id, agent_id, locale, question, answer, created_at, expires_at)
SELECT h.id, k.seq, h.site_id, u.id, k.locale, k.question, k.answer, k.at, k.expires
FROM held h CROSS JOIN unnest(@seqs::integer[], @agents::uuid[], @locales::text[], @questions::text[], @answers::text[], @ats::timestamptz[], @expire::timestamptz[])
     AS k (seq, agent, locale, question, answer, at, expires)
LEFT JOIN users u ON u.id = k.agent
ON CONFLICT ON CONSTRAINT solved_answers_once DO NOTHING
