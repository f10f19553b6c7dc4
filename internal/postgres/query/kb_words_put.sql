-- Adds a group of words, or with an id changes one; no row = that one is not there.
WITH changed AS (
    UPDATE kb_words SET kind = @kind, locale = @locale, words = @words, editor = @editor, updated_at = now()
    WHERE id = @id::bigint AND site_id = @site
    RETURNING id
), added AS (
    INSERT INTO kb_words (site_id, kind, locale, words, editor, updated_at)
    SELECT @site, @kind, @locale, @words, @editor, now() WHERE @id::bigint = 0
    RETURNING id
)
SELECT id FROM changed UNION ALL SELECT id FROM added
