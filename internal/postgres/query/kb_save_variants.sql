-- Indexes variants with their vectors, in order; returns their ids in that order.
WITH given AS (
    SELECT * FROM unnest(@ids::text[], @locales::text[], @article_departments::integer[], @audiences::smallint[], @kinds::smallint[], @contents::text[], @vectors::text[])
        WITH ORDINALITY AS n (article_id, locale, department_id, audience, kind, content, vector, ord)
), numbered AS (
    SELECT given.*, nextval(pg_get_serial_sequence('kb_variants', 'id')) AS id FROM given ORDER BY ord
), stored AS (
    INSERT INTO kb_variants (id, site_id, department_id, audience, article_id, locale, kind, content)
    OVERRIDING SYSTEM VALUE
    SELECT id, @site, nullif(department_id, 0), audience, article_id, locale, kind, content FROM numbered ORDER BY ord
    RETURNING id
), embedded AS (
    INSERT INTO kb_embeddings (variant_id, model_id, site_id, department_id, audience, embedding)
    SELECT n.id, @model, @site, nullif(n.department_id, 0), n.audience, n.vector::halfvec FROM numbered n ORDER BY n.ord
)
SELECT id FROM numbered ORDER BY ord
