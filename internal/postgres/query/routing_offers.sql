-- The offers, or with @id the one, with the seconds that it stands for; an expired one stands until somebody ends it.
SELECT o.id::text, o.conversation_id::text, o.site_id, o.department_id, o.user_id::text, k.name, c.last_message, q.skills, q.reason, o.channel,
    o.weight, o.expires_at, extract(epoch FROM o.expires_at - statement_timestamp())::float8 AS left_s, o.record
FROM routing_offers o
JOIN conversations c ON c.id = o.conversation_id
JOIN contacts k ON k.id = c.contact_id
JOIN queue_entries q ON q.conversation_id = o.conversation_id
WHERE @id::uuid IS NULL OR o.id = @id::uuid
