-- The database's clock, by which rows are stamped.
SELECT statement_timestamp()
