-- Records one administrative act. Rows are only ever added.
INSERT INTO audit_log (at, actor, action, object, detail, site_id)
VALUES (@at, @actor, @action, @object, @detail, nullif(@site::int, 0))
