-- Deletes past answers that are over, a bounded number at once.
DELETE FROM solved_answers WHERE id IN (SELECT id FROM solved_answers WHERE expires_at <= @now LIMIT @limit)
