-- The latest questions of a gap, each in the same words once, with how many distinct visitors asked so.
SELECT DISTINCT ON (n.contacts, n.latest, lower(s.question)) s.conversation_id, s.seq, s.question, s.locale, s.reason, s.happened_at, n.contacts::integer
FROM gap_samples s JOIN conversations c ON c.id = s.conversation_id
JOIN (
    SELECT lower(o.question) AS words, count(DISTINCT o.contact_id) AS contacts, max(o.happened_at) AS latest
    FROM gap_samples o JOIN conversations d ON d.id = o.conversation_id
    WHERE o.gap_id = @id AND scope_allows(d.site_id, d.department_id, d.contact_id, @all, @sites, @departments, @contact)
    GROUP BY lower(o.question)
) n ON n.words = lower(s.question)
WHERE s.gap_id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
ORDER BY n.contacts DESC, n.latest DESC, lower(s.question), s.happened_at DESC
LIMIT @limit
