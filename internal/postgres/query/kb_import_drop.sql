-- An upload that broke off leaves nothing.
DELETE FROM kb_imports WHERE id = @id AND state = 'uploading'
