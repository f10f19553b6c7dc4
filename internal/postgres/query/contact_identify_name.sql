-- What the proof calls the contact is theirs, if it is nobody's yet.
INSERT INTO contact_identities (site_id, kind, value, contact_id) VALUES (@site, @kind, @value, @contact)
ON CONFLICT (site_id, kind, value) DO NOTHING
