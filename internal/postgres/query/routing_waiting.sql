-- All that waits, with the last row known of it.
SELECT q.conversation_id::text, c.last_seq
FROM queue_entries q JOIN conversations c ON c.id = q.conversation_id
WHERE c.owner = 'queue' AND c.status <> 'resolved'
