-- The site's oldest waiting import, if none runs there. Two workers at once: the unique index lets one win.
UPDATE kb_imports
   SET state = 'running', attempt = attempt + 1, cancel = false, lease_until = now() + @lease::interval, updated_at = now()
 WHERE id = (SELECT id FROM kb_imports WHERE site_id = @site AND state = 'waiting' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
   AND NOT EXISTS (SELECT FROM kb_imports WHERE site_id = @site AND state = 'running')
RETURNING id, site_id, departments, name, remote, pages, follow, format, dry_run, drafts, state, stage, done, total, attempt, bytes, kept, report, failure, author, author_name, created_at, updated_at
