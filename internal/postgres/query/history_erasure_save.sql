-- Writes how far an erasure is, or that it is done.
UPDATE erasures SET counts = @counts, worked_at = @at::timestamptz, state = CASE WHEN @done::boolean THEN 'done' ELSE 'running' END,
    done_at = CASE WHEN @done::boolean THEN @at::timestamptz END
WHERE id = @id
