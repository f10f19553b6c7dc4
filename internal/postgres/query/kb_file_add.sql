-- A new file, or the one that has the same content, which is used again now.
INSERT INTO kb_files (id, site_id, sha256, name, media_type, bytes, width, height, author)
VALUES (@id, @site, @sha256, @name, @media_type, @bytes, @width, @height, @author)
ON CONFLICT ON CONSTRAINT kb_files_content_unique DO UPDATE SET used_at = now()
RETURNING id, site_id, name, media_type, bytes, width, height, sha256, created_at
