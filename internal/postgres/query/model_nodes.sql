-- The servers that are up, and what each says of a switch (@id 0: of none).
SELECT n.id::text, n.host, n.fingerprint, r.error IS NOT DISTINCT FROM '' AS ready, coalesce(r.error, '') AS error
FROM model_nodes n
LEFT JOIN model_reports r ON r.node = n.id AND r.switch_id = @id
WHERE n.lease_until > now()
ORDER BY n.host, n.id
