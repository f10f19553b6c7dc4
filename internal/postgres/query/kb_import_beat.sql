-- Renews a claim and stores how far it is; tells whether somebody wants it to end. No row = the claim is lost.
UPDATE kb_imports
   SET lease_until = now() + @lease::interval, stage = @stage, done = @done, total = @total, report = @report, updated_at = now()
 WHERE id = @id AND state = 'running' AND attempt = @attempt
RETURNING cancel
