-- The best of the parts @ids for each conversation, best first. Term frequency saturated and damped by length
-- (ts_rank, normalisation 1), weighted by how rare each word is; half of it fades with age. Without words: newest first.
WITH part AS MATERIALIZED (
    SELECT p.id, p.conversation_id, p.part, p.last_at, p.terms || ''::tsvector AS terms -- read from its store once
    FROM history_parts p WHERE p.id = ANY (@ids::bigint[])
), scored AS (
    SELECT p.id, p.conversation_id, p.part,
        CASE WHEN cardinality(@queries::text[]) = 0 THEN p.id::float8
        ELSE (SELECT sum(w.weight * ts_rank('{1,1,1,1}', p.terms, w.query::tsquery, 1)) FROM unnest(@queries::text[], @weights::float8[]) AS w (query, weight))
            * (0.5 + 0.5 / (1 + greatest(0, extract(epoch FROM @at::timestamptz - p.last_at)) / (60 * 86400))) END AS score
    FROM part p
), best AS (
    SELECT DISTINCT ON (conversation_id) id, conversation_id, part, score FROM scored ORDER BY conversation_id, score DESC, id DESC
)
SELECT id, conversation_id, part, score FROM best ORDER BY score DESC, id DESC
