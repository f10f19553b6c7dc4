-- What the bot made of a gap's questions at an epoch. Returns whether an article answers them that did not before.
WITH before AS (SELECT id, proposed_article FROM gaps WHERE id = @gap)
UPDATE gaps g SET checked_epoch = @epoch, proposed_article = @article, proposed_locale = @locale,
    proposed_at = CASE WHEN @article = '' THEN NULL WHEN g.proposed_article = @article THEN g.proposed_at ELSE @now::timestamptz END
FROM before b WHERE g.id = b.id AND g.state IN ('open', 'in_progress')
RETURNING @article <> '' AND b.proposed_article <> @article
