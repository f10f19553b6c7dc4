-- What was told apart from the merged gap stays told apart from the one it is now.
INSERT INTO gaps_apart (one, other)
SELECT least(@into::bigint, o.other), greatest(@into::bigint, o.other) FROM (
    SELECT CASE WHEN one = @id THEN other ELSE one END AS other FROM gaps_apart WHERE one = @id OR other = @id
) o WHERE o.other <> @into
ON CONFLICT DO NOTHING
