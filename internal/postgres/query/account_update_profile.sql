-- Name and language of an account; an empty value keeps what is there.
UPDATE users
SET name = coalesce(nullif(@name, ''), name), locale = coalesce(nullif(@locale, ''), locale)
WHERE id = @id::uuid
