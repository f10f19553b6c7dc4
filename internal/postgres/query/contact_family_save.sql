-- Writes what a merge, or taking one back, made of a contact.
UPDATE contacts SET name = @name, email = @email, phone = @phone, attributes = @attributes, merged_into = @into, merged_via = @via,
    before_merge = jsonb_build_object('at', now()) || @before::jsonb, seen_at = @seen, version = version + 1
WHERE id = @id
