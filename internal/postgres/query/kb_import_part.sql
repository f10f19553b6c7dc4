-- One more part of what was uploaded.
INSERT INTO kb_import_parts (import_id, part, data) VALUES (@id, @part, @data)
