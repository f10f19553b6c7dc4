-- The address that a visitor left becomes the contact's.
UPDATE contacts SET email = @email WHERE id = @contact
