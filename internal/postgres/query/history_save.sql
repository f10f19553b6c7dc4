-- Writes parts; the caller holds the work. A part keeps its id, new ones get theirs in the order given, which is that
-- of time: searches go back by id. A conversation that was erased meanwhile is passed over.
WITH given AS MATERIALIZED (
    SELECT g.*, p.id AS old_id
    FROM unnest(@conversations::uuid[], @parts::integer[], @sites::integer[], @departments::integer[], @seen::integer[],
        @firsts::timestamptz[], @lasts::timestamptz[], @vectors::text[])
        AS g (conversation_id, part, site_id, department_id, seen, first_at, last_at, vector)
    JOIN (SELECT id FROM conversations WHERE id = ANY (@conversations::uuid[]) ORDER BY id FOR KEY SHARE) c ON c.id = g.conversation_id
    LEFT JOIN history_parts p ON p.conversation_id = g.conversation_id AND p.part = g.part
), changed AS (
    UPDATE history_parts p SET site_id = g.site_id, department_id = g.department_id, seen = g.seen, first_at = g.first_at,
        last_at = g.last_at, terms = g.vector::tsvector || ('''#b' || (p.id >> 12) || '''')::tsvector
    FROM given g WHERE p.id = g.old_id
), fresh AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('history_parts', 'id')) AS id, o.* FROM (
        SELECT * FROM given WHERE old_id IS NULL ORDER BY first_at, conversation_id, part) o
)
INSERT INTO history_parts (id, conversation_id, part, site_id, department_id, seen, first_at, last_at, terms) OVERRIDING SYSTEM VALUE
SELECT f.id, f.conversation_id, f.part, f.site_id, f.department_id, f.seen, f.first_at, f.last_at,
    f.vector::tsvector || ('''#b' || (f.id >> 12) || '''')::tsvector
FROM fresh f
