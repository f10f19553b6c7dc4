-- Deletes contacts of a site without any conversation that were last here before their class's time: who they were goes with
-- the last thing they said. Contacts that others were merged into stay until those are gone.
DELETE FROM contacts k
WHERE k.id = ANY (SELECT x.id FROM contacts x
        WHERE x.site_id = @site AND greatest(x.seen_at, x.created_at)
            < CASE WHEN x.identified_at IS NOT NULL OR x.name <> '' OR x.email <> '' OR x.phone <> '' THEN @identified::timestamptz ELSE @anonymous::timestamptz END
            AND NOT EXISTS (SELECT FROM conversations c WHERE c.contact_id = x.id)
            AND NOT EXISTS (SELECT FROM contacts m WHERE m.merged_into = x.id)
        LIMIT @limit FOR UPDATE SKIP LOCKED)
