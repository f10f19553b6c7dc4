-- Raises the visitor's read position, never beyond the log's end.
UPDATE conversations c SET visitor_read_seq = greatest(c.visitor_read_seq, least(@seq::integer, c.last_seq))
WHERE c.id = @id AND scope_allows(c.site_id, c.department_id, c.contact_id, @all, @sites, @departments, @contact)
