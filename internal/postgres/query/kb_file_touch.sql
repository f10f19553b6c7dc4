-- The file was looked at today; written once a day at most.
UPDATE kb_files SET used_at = now() WHERE id = @id AND used_at < now() - interval '1 day'
