-- What an earlier attempt has fetched of the content.
DELETE FROM kb_import_parts WHERE import_id = @id
