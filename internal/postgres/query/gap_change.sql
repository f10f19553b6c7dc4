-- What a person makes of a gap; NULL leaves a field. Another state ends what was proposed.
UPDATE gaps SET revision = revision + 1, name = coalesce(@name, name),
    article_id = coalesce(@article, article_id), article_locale = coalesce(@article_locale, article_locale),
    state_at = CASE WHEN @state::text IS NULL OR @state = state THEN state_at ELSE @now END,
    proposed_article = CASE WHEN @state::text IS NULL THEN proposed_article ELSE '' END,
    proposed_locale = CASE WHEN @state::text IS NULL THEN proposed_locale ELSE '' END,
    proposed_at = CASE WHEN @state::text IS NULL THEN proposed_at END,
    checked_epoch = CASE WHEN @state = 'open' THEN 0 ELSE checked_epoch END,
    state = coalesce(@state, state)
WHERE id = @id
