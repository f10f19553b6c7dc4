-- Replaces the texts of a canned reply. The title is part of what is embedded, so every vector is made anew.
WITH gone AS (
    DELETE FROM canned_texts WHERE canned_id = @id AND NOT locale = ANY (@locales::text[])
)
INSERT INTO canned_texts (canned_id, locale, content)
SELECT @id, k.locale, k.content FROM unnest(@locales::text[], @contents::text[]) AS k (locale, content)
ON CONFLICT (canned_id, locale) DO UPDATE SET content = excluded.content, model = '', embedding = NULL
