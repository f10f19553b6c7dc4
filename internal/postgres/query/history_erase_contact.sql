-- Deletes a contact and those merged into it. Their conversations are gone already; one that began this moment keeps them.
DELETE FROM contacts k WHERE (k.id = @id OR k.merged_into = @id)
    AND NOT EXISTS (SELECT FROM conversations c JOIN contacts x ON x.id = c.contact_id WHERE x.id = @id OR x.merged_into = @id)
