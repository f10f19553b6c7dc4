-- A past answer's text, while it is kept.
SELECT answer FROM solved_answers WHERE id = @id AND NOT deleted
