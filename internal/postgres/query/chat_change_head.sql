-- Writes the state that a change leads to. The conversation is locked, chat_append has just stored the row.
UPDATE conversations SET
    status = @status, owner = @owner, owner_epoch = @owner_epoch, assignee_id = @assignee, team_id = @team,
    department_id = @department, email = @email, resolved_at = CASE WHEN @status = 'resolved' THEN coalesce(resolved_at, statement_timestamp()) END, snoozed_until = NULL,
    waiting_since = CASE
        WHEN @status = 'resolved' THEN NULL
        WHEN @owner = 'queue' THEN coalesce(waiting_since, statement_timestamp())
        ELSE waiting_since
    END
WHERE id = @id
