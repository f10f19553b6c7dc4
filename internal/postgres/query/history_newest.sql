-- An id above every part's that began before @to (NULL = above all), and how far the index is. Parts get their ids about
-- in the order of time: those of half a minute may stand in another's place, hence a block more. read_to stays 30 to 60 s and a
-- pause behind what was looked at (chat/history/index.go): while it does, the index is as new as the last look, at which the
-- lease of 30 s began.
SELECT coalesce(CASE WHEN @to::timestamptz IS NULL THEN (SELECT max(id) FROM history_parts)
    ELSE (SELECT id + 4096 FROM history_parts WHERE first_at < @to::timestamptz ORDER BY first_at DESC LIMIT 1) END, 0) + 1,
    (SELECT CASE WHEN read_to > lease_until - interval '2 minutes' THEN greatest(read_to, lease_until - interval '30 seconds') ELSE read_to END
     FROM history_work WHERE task = 'index')
