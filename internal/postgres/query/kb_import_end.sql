-- Ends a claim. No row = it is lost.
UPDATE kb_imports
   SET state = @state, failure = @failure, report = @report, stage = '', done = 0, total = 0, lease_until = NULL, cancel = false,
       kept = kept AND @state::text IN ('waiting', 'checked'), updated_at = now()
 WHERE id = @id AND state = 'running' AND attempt = @attempt
RETURNING id
