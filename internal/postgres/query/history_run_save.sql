-- Writes how far a run is; @ended NULL = it goes on.
UPDATE retention_runs SET conversations = @conversations, messages = @messages, contacts = @contacts, ended_at = @ended::timestamptz WHERE id = @id
