-- Variants of any site without a vector of this model, by id after @after.
SELECT v.id, v.article_id, v.locale, v.kind, v.content
FROM kb_variants v
WHERE v.id > @after
  AND NOT EXISTS (SELECT 1 FROM kb_embeddings e JOIN kb_models m ON m.id = e.model_id WHERE e.variant_id = v.id AND m.fingerprint = @fingerprint)
ORDER BY v.id
LIMIT @limit
