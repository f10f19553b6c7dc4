-- Builds the index over a model's vectors beside publications and answers (32767 and 3999 stand for model and dimensions).
CREATE INDEX CONCURRENTLY kb_embeddings_hnsw_32767 ON kb_embeddings USING hnsw ((embedding::halfvec(3999)) halfvec_ip_ops)
WITH (m = 16, ef_construction = 64) WHERE model_id = 32767
