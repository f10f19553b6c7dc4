-- A person who merges two gaps takes back that they are apart.
DELETE FROM gaps_apart WHERE one = least(@id::bigint, @into::bigint) AND other = greatest(@id::bigint, @into::bigint)
