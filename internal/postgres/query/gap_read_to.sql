-- How far the log was read; it never goes back.
UPDATE gap_work SET read_to = greatest(read_to, @read_to)
