-- All that agents have in hand: what counts as their load.
SELECT c.id::text, c.assignee_id::text, c.channel, c.weight, c.last_seq
FROM conversations c
WHERE c.owner = 'human' AND c.assignee_id IS NOT NULL AND c.status <> 'resolved'
