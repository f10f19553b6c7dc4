-- A file, and the least audience of the published articles that show it (null = none does).
SELECT f.id, f.site_id, f.name, f.media_type, f.bytes, f.width, f.height, f.sha256, f.created_at,
       f.used_at < now() - interval '1 day' AS idle,
       (SELECT min(v.audience)
          FROM kb_file_uses u
          JOIN kb_articles a ON a.site_id = u.site_id AND a.id = u.article_id AND a.locale = u.locale AND a.published_version = u.version
          JOIN kb_versions v ON v.site_id = u.site_id AND v.article_id = u.article_id AND v.locale = u.locale AND v.version = u.version
         WHERE u.file_id = f.id AND u.site_id = f.site_id) AS audience
  FROM kb_files f
 WHERE f.id = @id
