-- Notes how far a switch is and renews its worker's lease; neither figure ever falls. No row = it is no longer this node's.
UPDATE model_switches
SET done = greatest(done, @done), total = greatest(total, done, @done, @total), state = @state, error = @note,
    lease_until = now() + @lease::interval, changed_at = now()
WHERE id = @id AND worker = @node AND state IN ('wanted', 'embedding', 'waiting')
RETURNING id
