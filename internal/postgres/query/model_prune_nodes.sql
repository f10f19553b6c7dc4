-- Forgets servers that have been gone for a day.
DELETE FROM model_nodes WHERE lease_until < now() - interval '1 day'
