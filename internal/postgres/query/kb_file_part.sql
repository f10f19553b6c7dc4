-- One part of a file's content.
INSERT INTO kb_file_parts (file_id, part, data) VALUES (@id, @part, @data)
