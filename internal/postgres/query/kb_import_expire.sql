-- Forgets what nobody applied within the hour, and imports of long ago.
WITH old AS (
    DELETE FROM kb_imports
     WHERE (state IN ('checked', 'done', 'failed', 'cancelled') AND updated_at < now() - interval '180 days')
        OR (state = 'uploading' AND created_at < now() - interval '1 day')
), unkept AS (
    UPDATE kb_imports SET kept = false WHERE kept AND state = 'checked' AND updated_at < now() - interval '1 hour' RETURNING id
)
DELETE FROM kb_import_parts WHERE import_id IN (SELECT id FROM unkept)
