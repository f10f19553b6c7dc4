-- The address that a visitor left becomes the contact's, unless the site vouched for another.
UPDATE contacts SET email = @email WHERE id = @contact AND (identified_at IS NULL OR email = '')
