-- One setting's value.
SELECT value FROM settings WHERE key = $1
