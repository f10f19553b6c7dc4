-- How many questions a site has, once its row is locked: who adds some waits for others who do.
SELECT (SELECT count(*) FROM bot_questions q WHERE q.site_id = s.id) FROM sites s WHERE s.id = @site::int FOR NO KEY UPDATE
