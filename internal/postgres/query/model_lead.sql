-- Gives the work on an open switch to one node, until its lease runs out. No row = it is closed, or another's.
UPDATE model_switches
SET worker = @node, lease_until = now() + @lease::interval,
    state = CASE WHEN state = 'wanted' THEN 'embedding' ELSE state END,
    changed_at = CASE WHEN worker IS DISTINCT FROM @node::uuid THEN now() ELSE changed_at END
WHERE id = @id AND state IN ('wanted', 'embedding', 'waiting') AND (worker IS NULL OR worker = @node OR lease_until < now())
RETURNING id
