-- Of the conversations $1 those whose log is longer than $2, with its length.
SELECT c.id, c.last_seq
FROM unnest($1::uuid[], $2::integer[]) AS w (id, seq) JOIN conversations c ON c.id = w.id
WHERE c.last_seq > w.seq
