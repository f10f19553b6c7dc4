-- Raises agents' own read positions, never beyond the logs' ends.
INSERT INTO read_positions AS p (user_id, conversation_id, site_id, department_id, read_seq)
SELECT u.id, c.id, c.site_id, c.department_id, least(n.seq, c.last_seq)
FROM unnest(@users::uuid[], @ids::uuid[], @seqs::integer[]) AS n (user_id, id, seq)
JOIN conversations c ON c.id = n.id
JOIN users u ON u.id = n.user_id
ORDER BY u.id, c.id
ON CONFLICT (user_id, conversation_id) DO UPDATE SET read_seq = excluded.read_seq WHERE excluded.read_seq > p.read_seq
