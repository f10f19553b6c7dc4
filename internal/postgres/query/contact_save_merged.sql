-- Those merged by hand are called what the contact is called.
UPDATE contacts SET name = @name, email = CASE WHEN identified_at IS NULL THEN @email ELSE email END
WHERE merged_into = @id AND left_at IS NULL
