-- One part of a file's content.
SELECT data FROM kb_file_parts WHERE file_id = @id AND part = @part
