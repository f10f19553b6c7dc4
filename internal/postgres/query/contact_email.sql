-- A contact's address: what was left or vouched for.
SELECT email FROM contacts WHERE id = @contact
