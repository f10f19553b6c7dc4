-- One open conversation is the current one; this one goes on beside it.
UPDATE conversations SET aside = true WHERE id = @id
