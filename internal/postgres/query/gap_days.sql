-- Distinct visitors of a gap on each of the last 28 days that had any: days ago, count.
SELECT floor(extract(epoch FROM @now::timestamptz - s.happened_at) / 86400)::integer AS ago, count(DISTINCT s.contact_id)::integer
FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
WHERE s.gap_id = @id AND s.happened_at > @now::timestamptz - interval '28 days'
    AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
GROUP BY 1
