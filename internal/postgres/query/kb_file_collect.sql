-- Files that no version and no working copy shows, and nobody has uploaded or looked at for 30 days.
DELETE FROM kb_files f
 WHERE f.used_at < now() - interval '30 days'
   AND NOT EXISTS (SELECT FROM kb_file_uses u WHERE u.file_id = f.id)
   AND NOT EXISTS (SELECT FROM kb_drafts d WHERE d.site_id = f.site_id AND position('/kb-files/' || f.id IN d.answer) > 0)
