-- What sequence numbers belong to: this cluster, its timeline, and the nonce that a restore rewrites.
SELECT s.system_identifier::text, k.timeline_id, coalesce((SELECT value #>> '{}' FROM settings WHERE key = 'log_epoch_nonce'), '')
FROM pg_control_system() s, pg_control_checkpoint() k
