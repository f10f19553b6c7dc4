-- An offer for @seconds; none is made while another stands.
INSERT INTO routing_offers (conversation_id, id, user_id, site_id, department_id, owner_epoch, channel, weight, record, offered_at, expires_at)
VALUES (@id, @offer, @agent, @site, @department, @epoch, @channel, @weight, @record::jsonb, statement_timestamp(), statement_timestamp() + make_interval(secs => @seconds))
ON CONFLICT (conversation_id) DO NOTHING
RETURNING expires_at
