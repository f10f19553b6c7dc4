-- Imports whose worker is gone wait again; so do those whose job was lost. Each once, whichever node looks.
UPDATE kb_imports
   SET state = 'waiting', lease_until = NULL, updated_at = now()
 WHERE (state = 'running' AND lease_until < now())
    OR (state = 'waiting' AND updated_at < now() - interval '1 minute'
        AND NOT EXISTS (SELECT FROM kb_imports r WHERE r.site_id = kb_imports.site_id AND r.state = 'running'))
RETURNING site_id
