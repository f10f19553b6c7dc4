-- The gap that @id is by now, locked: the one it was merged into, however often. No row: it is gone.
WITH RECURSIVE chain AS (
    SELECT id, merged_into FROM gaps WHERE id = @id
    UNION
    SELECT g.id, g.merged_into FROM gaps g JOIN chain c ON g.id = c.merged_into
)
SELECT g.id, g.state FROM gaps g JOIN chain c ON c.id = g.id WHERE c.merged_into IS NULL FOR UPDATE OF g
