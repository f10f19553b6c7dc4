-- Says that a server is up, and what it answers with.
INSERT INTO model_nodes (id, host, fingerprint, lease_until) VALUES (@node, @host, @fingerprint, now() + @lease::interval)
ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, lease_until = excluded.lease_until
