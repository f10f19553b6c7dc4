-- Ends an import that waits or was checked; asks one that runs to end.
UPDATE kb_imports
   SET cancel = state = 'running', state = CASE state WHEN 'running' THEN 'running' ELSE 'cancelled' END,
       kept = kept AND state = 'running', updated_at = now()
 WHERE site_id = @site AND id = @id AND state IN ('waiting', 'running', 'checked')
RETURNING id, site_id, departments, name, remote, pages, follow, format, dry_run, drafts, state, stage, done, total, attempt, bytes, kept, report, failure, author, author_name, created_at, updated_at
