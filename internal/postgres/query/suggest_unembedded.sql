-- Texts of canned replies and past answers without a vector of this model.
(SELECT 'canned' AS source, c.id, t.locale, c.title || E'\n' || t.content AS content FROM canned_texts t JOIN canned_replies c ON c.id = t.canned_id WHERE t.model <> @fingerprint LIMIT @limit)
UNION ALL
(SELECT 'solved' AS source, s.id, s.locale, s.question AS content FROM solved_answers s WHERE s.model <> @fingerprint AND NOT s.deleted LIMIT @limit)
LIMIT @limit
