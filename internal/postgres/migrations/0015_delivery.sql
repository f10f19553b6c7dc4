-- How far each side has a conversation's log, and whom notes mention.

-- The furthest of the visitor and of all agents; an agent's own position stays in read_positions. Beside the head and
-- not in it: these are written lazily, and must neither hold the head's lock nor make it a new row version.
CREATE TABLE conversation_marks (
    conversation_id   uuid PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    site_id           integer NOT NULL,
    department_id     integer NOT NULL,
    visitor_delivered integer NOT NULL DEFAULT 0,
    visitor_read      integer NOT NULL DEFAULT 0,
    agent_delivered   integer NOT NULL DEFAULT 0,
    agent_read        integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70); -- no index on what changes: updates stay on the page
INSERT INTO conversation_marks (conversation_id, site_id, department_id, visitor_delivered, visitor_read)
SELECT id, site_id, department_id, visitor_read_seq, visitor_read_seq FROM conversations WHERE visitor_read_seq > 0;

-- The notes that mention somebody: few, found by whom.
CREATE INDEX conversation_log_mentions ON conversation_log USING gin ((data -> 'mentions') jsonb_path_ops)
    WHERE kind = 'note' AND data ? 'mentions';
