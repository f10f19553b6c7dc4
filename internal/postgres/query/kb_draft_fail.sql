-- Notes why a scheduled working copy was not published, and when it is tried again; not if it was changed since.
UPDATE kb_drafts SET failure = @failure, due_at = now() + @wait::interval
WHERE site_id = @site AND article_id = @id AND locale = @locale AND revision = @revision AND state = 'scheduled'
