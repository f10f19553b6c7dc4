-- Serialises the wishes for a task, and them with the end of a switch.
SELECT name, version, fingerprint FROM model_uses WHERE task = @task FOR UPDATE
