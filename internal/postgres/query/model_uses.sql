-- Which model serves each task.
SELECT task, name, version, fingerprint, generation, switched_at FROM model_uses ORDER BY task
