-- Whether a contact has moved into another, or was erased: its tokens are no longer good.
SELECT NOT EXISTS (SELECT FROM contacts WHERE id = @contact AND left_at IS NULL)
