-- The content of an import that needs it no more.
DELETE FROM kb_import_parts WHERE import_id = @id AND NOT (SELECT kept FROM kb_imports WHERE id = @id)
