-- Stores one attribute that a site keeps.
INSERT INTO contact_attributes (site_id, key, label_en, label_zh, type, options, from_page, position)
VALUES (@site, @key, @label_en, @label_zh, @type, @options, @from_page, @position)
