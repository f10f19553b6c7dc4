-- Deletes the vectors of all other models.
DELETE FROM kb_embeddings e USING kb_models m WHERE m.id = e.model_id AND m.fingerprint <> @fingerprint
