-- When the first conversation began: no row of the log is older.
SELECT created_at FROM conversations ORDER BY created_at LIMIT 1
