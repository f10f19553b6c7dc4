-- Says that a server is going.
DELETE FROM model_nodes WHERE id = @node
