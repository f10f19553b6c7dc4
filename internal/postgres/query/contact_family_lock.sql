-- Locks contacts with all that they are merged with, by id. After conversations, as everywhere.
SELECT k.id FROM contacts k, (SELECT ARRAY(SELECT coalesce(o.merged_into, o.id) FROM contacts o WHERE o.id = ANY (@ids::uuid[])) AS ids) root
WHERE k.id = ANY (root.ids) OR k.merged_into = ANY (root.ids)
ORDER BY k.id FOR UPDATE OF k
