-- Says that a node has loaded and proven the model of a switch (@error = ''), or why it cannot.
INSERT INTO model_reports (switch_id, node, error) VALUES (@id, @node, @error)
ON CONFLICT (switch_id, node) DO UPDATE SET error = excluded.error
