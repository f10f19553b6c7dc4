-- A gap's history, latest first.
SELECT a.at, coalesce(u.name, '') AS actor, a.act, a.detail
FROM gap_acts a LEFT JOIN users u ON u.id = a.actor
WHERE a.gap_id = @id ORDER BY a.id DESC LIMIT @limit
