-- Erasures that nobody has worked on since then, with their contacts.
SELECT id, contact_id FROM erasures WHERE state = 'running' AND worked_at < @since ORDER BY asked_at LIMIT 100
