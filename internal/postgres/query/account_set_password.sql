-- Replaces the password hash. Sessions carry a mark of the old one and end with it.
UPDATE users SET password_hash = $2 WHERE id = $1::uuid
