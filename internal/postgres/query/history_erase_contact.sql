-- Deletes a contact and those merged into it, which the caller has locked, with what would go with them anyway (ON DELETE
-- CASCADE), to be counted. One with a conversation stays, and so do all: it began this moment. Returns how much of each
-- table went, and whether nobody is left.
WITH everyone AS MATERIALIZED (
    SELECT k.id FROM contacts k WHERE k.id = @id OR k.merged_into = @id
), free AS MATERIALIZED (
    SELECT id FROM everyone WHERE NOT EXISTS (SELECT FROM conversations c WHERE c.contact_id IN (SELECT id FROM everyone))
), identities AS (
    DELETE FROM contact_identities i WHERE i.contact_id IN (SELECT id FROM free) RETURNING 1
), blocks AS (
    DELETE FROM contact_blocks b WHERE b.contact_id IN (SELECT id FROM free) RETURNING 1
), gone AS (
    DELETE FROM contacts k WHERE k.id IN (SELECT id FROM free) RETURNING 1
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM identities), (SELECT count(*) FROM blocks),
    (SELECT count(*) FROM gone) = (SELECT count(*) FROM everyone)
