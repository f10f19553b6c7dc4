-- A new import. The site's row is locked first, so that the limit of unfinished imports holds; no row = too many.
WITH site AS (
    SELECT id FROM sites WHERE id = @site FOR UPDATE
)
INSERT INTO kb_imports (site_id, departments, name, remote, pages, follow, format, dry_run, drafts, state, kept, author, author_name)
SELECT id, @departments::integer[], @name, @remote, @pages, @follow, @format, @dry_run, @drafts, 'uploading', false, @author, @author_name
  FROM site
 WHERE (SELECT count(*) FROM kb_imports WHERE site_id = @site AND state IN ('uploading', 'waiting', 'running')) < @limit::integer
RETURNING id, site_id, departments, name, remote, pages, follow, format, dry_run, drafts, state, stage, done, total, attempt, bytes, kept, report, failure, author, author_name, created_at, updated_at
