-- The contact that a site's proof is about: by what the site calls them; by their address only if the proof names
-- nothing else, or if the contact was never called anything else (two accounts may share an address).
SELECT contact_id FROM (
    SELECT i.contact_id, 0 AS place FROM contact_identities i WHERE i.site_id = @site AND i.kind = 'id' AND i.value = @external::text
    UNION ALL
    SELECT i.contact_id, 1 FROM contact_identities i
    WHERE i.site_id = @site AND i.kind = 'email' AND i.value = @email::text
        AND (@external::text = '' OR NOT EXISTS (SELECT FROM contact_identities o WHERE o.contact_id = i.contact_id AND o.kind = 'id'))
) found ORDER BY place LIMIT 1
