-- Drops the index over a model's vectors, whole or left by a build that was killed (32767 stands for the model).
DROP INDEX CONCURRENTLY IF EXISTS kb_embeddings_hnsw_32767
