-- What a site keeps about its contacts.
SELECT key, label_en, label_zh, type, options, from_page FROM contact_attributes
WHERE site_id = @site AND (@all OR @site = ANY (@sites::integer[])) ORDER BY position, key
