-- Gives canned replies their vectors; a text that was changed meanwhile stays without.
UPDATE canned_texts t SET model = @fingerprint, embedding = k.embedding
FROM unnest(@ids::bigint[], @locales::text[], @contents::text[], @vectors::halfvec[]) AS k (id, locale, content, embedding), canned_replies c
WHERE t.canned_id = k.id AND t.locale = k.locale AND c.id = k.id AND c.title || E'\n' || t.content = k.content
