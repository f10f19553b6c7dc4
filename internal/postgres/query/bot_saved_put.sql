-- Saves one question at a site within scope; the same question again changes what is expected of it. No row = no such site or department there.
INSERT INTO bot_questions AS b (site_id, department_id, audience, locale, question, previous, want, articles, kind, digest, origin, created_by, created_at, updated_at)
SELECT s.id, nullif(@department::int, 0), @audience, @locale, @question, @previous, @want, @articles, @kind, @digest, @origin, @actor, @at, @at
FROM sites s
WHERE s.id = @site::int AND (@all::boolean OR s.id = ANY(@sites::int[]))
  AND (@department::int = 0 OR EXISTS (SELECT FROM departments d WHERE d.id = @department::int AND d.site_id = s.id))
ON CONFLICT (site_id, digest) DO UPDATE SET
    locale = excluded.locale, want = excluded.want, articles = excluded.articles, kind = excluded.kind, updated_at = excluded.updated_at
RETURNING b.id, (xmax = 0) AS added
