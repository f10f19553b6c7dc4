-- Deletes a contact and those merged into it, which the caller has locked. One with a conversation stays, and so do all: it
-- began this moment. Returns how many went, and whether nobody is left.
WITH everyone AS MATERIALIZED (
    SELECT k.id FROM contacts k WHERE k.id = @id OR k.merged_into = @id
), gone AS (
    DELETE FROM contacts k WHERE k.id IN (SELECT id FROM everyone)
        AND NOT EXISTS (SELECT FROM conversations c WHERE c.contact_id IN (SELECT id FROM everyone))
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM gone) = (SELECT count(*) FROM everyone)
