-- Stores the place that rules and steps give to what still waits, so that lists show the router's order.
UPDATE queue_entries q SET place = @place
FROM conversations c
WHERE q.conversation_id = @id AND c.id = q.conversation_id AND c.owner = 'queue' AND c.owner_epoch = @epoch AND q.place <> @place
