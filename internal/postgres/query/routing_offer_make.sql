-- An offer for @seconds; none is made while another stands, nor by who does not know that somebody declined meanwhile.
INSERT INTO routing_offers (conversation_id, id, user_id, site_id, department_id, owner_epoch, channel, weight, record, offered_at, expires_at)
SELECT @id, @offer, @agent, @site, @department, @epoch, @channel, @weight, @record::jsonb, statement_timestamp(), statement_timestamp() + make_interval(secs => @seconds)
FROM queue_entries q WHERE q.conversation_id = @id AND q.excluded_at IS NOT DISTINCT FROM @excluded_at::timestamptz
ON CONFLICT (conversation_id) DO NOTHING
RETURNING expires_at
