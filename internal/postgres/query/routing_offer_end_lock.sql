-- Locks the conversation of an offer, first as everywhere.
SELECT FROM conversations WHERE id = (SELECT o.conversation_id FROM routing_offers o WHERE o.id = $1) FOR NO KEY UPDATE
