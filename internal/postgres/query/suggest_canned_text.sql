-- A canned reply's text in the locale, or else the other.
SELECT content FROM canned_texts WHERE canned_id = @id ORDER BY locale = @locale DESC, locale LIMIT 1
