-- A conversation's place in its department's queue, and the median of the last waits there; no row when it is
-- not in scope. expected_s is NULL with fewer than three waits in 24 hours.
SELECT CASE WHEN q.conversation_id IS NULL THEN 0 ELSE (
        SELECT 1 + count(*) FROM queue_entries o
        WHERE o.site_id = q.site_id AND o.department_id = q.department_id
            AND (o.place, o.conversation_id) < (q.place, q.conversation_id)) END::integer AS position,
    (SELECT count(*) FROM queue_entries o WHERE o.site_id = c.site_id AND o.department_id = c.department_id)::integer AS waiting,
    (SELECT CASE WHEN count(*) >= 3 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM w.waited)) END
     FROM (SELECT waited FROM queue_waits w
           WHERE w.site_id = c.site_id AND w.department_id = c.department_id AND w.claimed_at > now() - interval '24 hours'
           ORDER BY w.claimed_at DESC LIMIT 20) w)::float8 AS expected_s
FROM conversations c LEFT JOIN queue_entries q ON q.conversation_id = c.id
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
