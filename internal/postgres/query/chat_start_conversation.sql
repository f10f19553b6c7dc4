-- A new conversation. None is made when the contact has an open one (index conversations_one_open).
INSERT INTO conversations (id, site_id, department_id, contact_id, locale, page)
VALUES (@id, @site, @department, @contact, @locale, @page)
ON CONFLICT (contact_id) WHERE status <> 'resolved' AND NOT aside DO NOTHING
