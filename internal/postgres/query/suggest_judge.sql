-- Stores an agent's judgement of a row; their earlier one of the same row is replaced.
INSERT INTO bot_judgements (conversation_id, seq, agent_id, site_id, department_id, verdict, article, locale, version, right_article, note, at)
SELECT c.id, @seq, @agent::uuid, c.site_id, c.department_id, @verdict, nullif(@article, ''), nullif(@locale, ''), nullif(@version::integer, 0), nullif(@right, ''), @note, @at
FROM conversations c WHERE c.id = @conversation::uuid
ON CONFLICT (conversation_id, seq, agent_id) DO UPDATE SET verdict = excluded.verdict, right_article = excluded.right_article, note = excluded.note, at = excluded.at
