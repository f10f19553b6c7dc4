-- What a dry run has checked waits for its work; only while its content is kept.
UPDATE kb_imports
   SET state = 'waiting', dry_run = false, drafts = drafts OR @drafts, attempt = 0, stage = '', done = 0, total = 0, updated_at = now()
 WHERE site_id = @site AND id = @id AND state = 'checked' AND kept
RETURNING id, site_id, departments, name, remote, pages, follow, format, dry_run, drafts, state, stage, done, total, attempt, bytes, kept, report, failure, author, author_name, created_at, updated_at
