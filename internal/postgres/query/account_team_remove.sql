-- Refused by foreign keys while a conversation or a queue entry names the team; the replies that it keeps would go with
-- it, so one that has some stays too.
DELETE FROM teams t WHERE t.id = $1 AND NOT EXISTS (SELECT FROM canned_replies c WHERE c.team_id = t.id)
