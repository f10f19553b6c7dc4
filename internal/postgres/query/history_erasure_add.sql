-- Stores that a contact is to be erased.
INSERT INTO erasures (id, site_id, contact_id, actor, actor_name, reason, state, asked_at, worked_at)
VALUES (@id, @site, @contact, @actor, @actor_name, @reason, 'running', @at, @at)
