-- How long the vectors of a model are; no row = it has none.
SELECT vector_dims(embedding) FROM kb_embeddings WHERE model_id = @model LIMIT 1
