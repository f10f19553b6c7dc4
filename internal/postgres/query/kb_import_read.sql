-- One part of what was uploaded.
SELECT data FROM kb_import_parts WHERE import_id = @id AND part = @part
