-- Locks an erasure that is not done: two nodes do not work on one.
SELECT contact_id, site_id, counts FROM erasures WHERE id = @id AND state = 'running' FOR UPDATE
