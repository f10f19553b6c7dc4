-- What was fetched is complete; only for who holds the claim.
UPDATE kb_imports SET kept = true, bytes = @bytes, updated_at = now() WHERE id = @id AND state = 'running' AND attempt = @attempt RETURNING id
