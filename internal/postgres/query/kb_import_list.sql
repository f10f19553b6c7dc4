-- A site's last imports, newest first.
SELECT id, site_id, departments, name, remote, pages, follow, format, dry_run, drafts, state, stage, done, total, attempt, bytes, kept, report, failure, author, author_name, created_at, updated_at FROM kb_imports WHERE site_id = @site AND state <> 'uploading' ORDER BY id DESC LIMIT @limit
