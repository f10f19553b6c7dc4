-- An id above every part's that began before @to (NULL = above all), and how far the index is. Parts get their ids about
-- in the order of time: those of half a minute may stand in another's place, hence a block more.
SELECT coalesce(CASE WHEN @to::timestamptz IS NULL THEN (SELECT max(id) FROM history_parts)
    ELSE (SELECT id + 4096 FROM history_parts WHERE first_at < @to::timestamptz ORDER BY first_at DESC LIMIT 1) END, 0) + 1,
    (SELECT read_to FROM history_work WHERE task = 'index')
