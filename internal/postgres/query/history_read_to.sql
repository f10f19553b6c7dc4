-- How far a piece of work has come; it never goes back.
UPDATE history_work SET read_to = greatest(coalesce(read_to, '-infinity'), @read_to) WHERE task = @task
