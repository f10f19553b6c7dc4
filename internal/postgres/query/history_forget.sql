-- Deletes conversations that the caller has locked, with everything that was learnt of them, and says how much of each.
-- What belongs to a conversation by reference would go anyway (ON DELETE CASCADE); it is named here to be counted.
WITH log AS (DELETE FROM conversation_log WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
parts AS (DELETE FROM history_parts WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
links AS (DELETE FROM transcript_links WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
samples AS (DELETE FROM gap_samples WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
learnt AS (DELETE FROM solved_answers WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
suggested AS (DELETE FROM suggestion_events WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
judged AS (DELETE FROM bot_judgements WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
audited AS (DELETE FROM bot_audits WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
saved AS (DELETE FROM bot_questions WHERE site_id = ANY (@sites::integer[]) AND split_part(origin, '/', 1) = ANY (@ids::text[]) RETURNING id),
replayed AS (DELETE FROM bot_run_rows WHERE conversation_id = ANY (@ids::uuid[])
    OR site_id = ANY (@sites::integer[]) AND question_id IN (SELECT id FROM saved) RETURNING 1), -- rows of before have the question alone
queued AS (DELETE FROM queue_entries WHERE conversation_id = ANY (@ids::uuid[]) RETURNING 1),
heads AS (DELETE FROM conversations WHERE id = ANY (@ids::uuid[]) RETURNING 1)
SELECT 'conversation_log', (SELECT count(*) FROM log) UNION ALL SELECT 'history_parts', (SELECT count(*) FROM parts)
UNION ALL SELECT 'transcript_links', (SELECT count(*) FROM links) UNION ALL SELECT 'gap_samples', (SELECT count(*) FROM samples)
UNION ALL SELECT 'solved_answers', (SELECT count(*) FROM learnt) UNION ALL SELECT 'suggestion_events', (SELECT count(*) FROM suggested)
UNION ALL SELECT 'bot_judgements', (SELECT count(*) FROM judged) UNION ALL SELECT 'bot_audits', (SELECT count(*) FROM audited)
UNION ALL SELECT 'bot_run_rows', (SELECT count(*) FROM replayed) UNION ALL SELECT 'bot_questions', (SELECT count(*) FROM saved)
UNION ALL SELECT 'queue_entries', (SELECT count(*) FROM queued) UNION ALL SELECT 'conversations', (SELECT count(*) FROM heads)
