-- Of the conversations $1 those whose log is longer than $2, with its length, and with 0 those that were deleted.
SELECT w.id, coalesce(c.last_seq, 0)
FROM unnest($1::uuid[], $2::integer[]) AS w (id, seq) LEFT JOIN conversations c ON c.id = w.id
WHERE c.id IS NULL OR c.last_seq > w.seq
