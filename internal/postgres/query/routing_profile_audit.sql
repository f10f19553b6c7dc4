-- Who changed what an agent can do and may hold.
INSERT INTO audit_log (at, actor, action, object, detail, site_id) VALUES (@at, @actor, 'routing.agent', @user, @detail, @site)
