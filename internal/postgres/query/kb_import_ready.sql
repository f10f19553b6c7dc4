-- The upload is complete: the import waits for its work.
UPDATE kb_imports SET state = 'waiting', kept = @kept, bytes = @bytes, updated_at = now() WHERE id = @id AND state = 'uploading'
RETURNING id, site_id, departments, name, remote, pages, follow, format, dry_run, drafts, state, stage, done, total, attempt, bytes, kept, report, failure, author, author_name, created_at, updated_at
