-- Changes what is known of a contact, if it is still as it was read.
UPDATE contacts k SET
    name = coalesce(@name, k.name), email = coalesce(@email, k.email), phone = coalesce(@phone, k.phone),
    attributes = jsonb_strip_nulls(k.attributes || @attributes::jsonb),
    spam = CASE WHEN @not_spam::boolean THEN 0 ELSE k.spam END,
    spam_reasons = CASE WHEN @not_spam::boolean THEN '[]' ELSE k.spam_reasons END,
    spam_cleared = k.spam_cleared OR @not_spam::boolean,
    version = k.version + 1
WHERE k.id = @id AND k.version = @version AND k.merged_into IS NULL AND (scope_allows(k.site_id, k.department_id, k.id, @all, @sites, @departments, @contact)
        OR EXISTS (SELECT FROM conversations c WHERE (c.contact_id = k.id OR c.contact_id IN (SELECT m.id FROM contacts m WHERE m.merged_into = k.id))
            AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)))
RETURNING k.site_id, k.name, k.email
