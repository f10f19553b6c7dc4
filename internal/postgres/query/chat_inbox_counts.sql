-- How many conversations each view holds; of the resolved ones, which only grow, at most a thousand are counted.
-- As in the views, a conversation in which nothing was said yet does not count.
SELECT count(*) FILTER (WHERE c.owner = 'queue'),
    count(*) FILTER (WHERE c.owner = 'human' AND (c.assignee_id = @user OR h.user_id IS NOT NULL)),
    count(*) FILTER (WHERE c.owner = 'bot'),
    count(*) FILTER (WHERE c.owner = 'human'),
    (SELECT count(*) FROM (
        SELECT FROM conversations c WHERE c.status = 'resolved' AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact) LIMIT 1000) r),
    count(*)
FROM conversations c
LEFT JOIN conversation_helpers h ON h.conversation_id = c.id AND h.user_id = @user
WHERE c.status IN ('open', 'snoozed') AND c.last_seq > 0 AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
