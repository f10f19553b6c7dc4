-- The indexes over vectors that there are, whether each is whole, and whether its model still has vectors.
SELECT c.relname, i.indisvalid, split_part(c.relname, '_', 4)::integer AS model,
       EXISTS (SELECT 1 FROM kb_embeddings e WHERE e.model_id = split_part(c.relname, '_', 4)::smallint) AS needed
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = 'kb_embeddings'::regclass AND c.relname ~ '^kb_embeddings_hnsw_[0-9]{1,5}$'
