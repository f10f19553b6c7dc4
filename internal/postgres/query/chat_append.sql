-- The one append. It runs as a statement of its own after chat_lock, hence with a new snapshot that sees what was
-- committed before the locks were granted: numbers are gapless and a repeated client_id is seen. Each row is
-- judged by itself; a row that fails its expectation leaves its neighbours alone. (conversation, client_id) must
-- be distinct within the call, and a row with expect_last_seq the first of its conversation.
-- $1 conversation, $2 client_id, $3 author_kind, $4 author_id, $5 author_name, $6 kind, $7 content, $8 data,
-- expectations: $9 owner, $10 owner_epoch, $11 last_seq (NULL = any), $12 open, $13 needs its article,
-- scope: $14 all, $15 sites, $16 departments (array literals), $17 contact.
WITH articles AS (
    SELECT unnest(string_to_array(nullif(current_setting('frontdesk.articles', true), ''), ','))::bigint AS ord
), sent AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::integer[], $11::integer[], $12::boolean[], $13::boolean[],
        $14::boolean[], $15::text[], $16::text[], $17::uuid[]) WITH ORDINALITY
        AS r (conversation_id, client_id, author_kind, author_id, author_name, kind, content, data,
            owner, owner_epoch, last_seq, open, needs_article, s_all, s_sites, s_departments, s_contact, ord)
), judged AS (
    SELECT r.ord, r.conversation_id, r.client_id, r.author_kind, r.author_id, r.author_name, r.kind, r.content, r.data,
        c.site_id, c.department_id, c.contact_id, c.last_seq AS head_seq,
        old.seq AS old_seq, old.author_kind AS old_author_kind, old.author_id AS old_author_id,
        old.author_name AS old_author_name, old.kind AS old_kind, old.content AS old_content,
        old.data AS old_data, old.created_at AS old_created_at,
        CASE
            WHEN c.id IS NULL OR NOT scope_allows(c.site_id, c.department_id, c.contact_id,
                r.s_all, r.s_sites::integer[], r.s_departments::integer[], r.s_contact) THEN 'missing'
            -- An array, read once, and no join: one that is planned while the tables are empty is a nested loop, and
            -- costs the square of the batch for as long as the plan is kept.
            WHEN r.conversation_id <> ALL (coalesce((SELECT string_to_array(current_setting('frontdesk.locked', true), ',')::uuid[]), '{}')) THEN 'held'
            WHEN old.seq IS NOT NULL THEN 'repeated'
            WHEN r.owner <> c.owner OR r.owner_epoch <> c.owner_epoch OR r.last_seq <> c.last_seq
                OR (r.open AND c.status <> 'open')
                OR (r.needs_article AND NOT EXISTS (SELECT FROM articles WHERE articles.ord = r.ord)) THEN 'stale'
            ELSE 'stored'
        END AS verdict
    FROM sent r
    LEFT JOIN conversations c ON c.id = r.conversation_id
    LEFT JOIN conversation_log old ON old.conversation_id = r.conversation_id AND old.client_id = r.client_id
), fresh AS (
    SELECT j.*, j.head_seq + row_number() OVER (PARTITION BY j.conversation_id ORDER BY j.ord) AS seq
    FROM judged j WHERE j.verdict = 'stored'
), stored AS (
    INSERT INTO conversation_log (conversation_id, seq, client_id, site_id, department_id,
        author_kind, author_id, author_name, kind, content, data, created_at)
    SELECT conversation_id, seq, client_id, site_id, department_id,
        author_kind, author_id, author_name, kind, content, data::jsonb, statement_timestamp()
    FROM fresh
), news AS (
    -- What the rows mean to each head. One aggregate: a second one to join would be joined row by row, as the
    -- planner expects few.
    SELECT conversation_id, max(seq) AS last_seq,
        (array_agg(left(content, 200) ORDER BY seq DESC) FILTER (WHERE kind = 'message'))[1] AS excerpt,
        (array_agg(author_kind ORDER BY seq DESC) FILTER (WHERE kind = 'message'))[1] AS author_kind,
        bool_or(author_kind <> 'visitor') FILTER (WHERE kind = 'message') AS answered,
        bool_or(author_kind = 'agent') FILTER (WHERE kind = 'message') AS by_agent
    FROM fresh GROUP BY conversation_id
), counted AS (
    UPDATE conversations c SET
        last_seq = n.last_seq,
        last_message_at = CASE WHEN n.excerpt IS NULL THEN c.last_message_at ELSE statement_timestamp() END,
        last_message = coalesce(n.excerpt, c.last_message),
        last_author = coalesce(n.author_kind, c.last_author),
        waiting_since = CASE
            WHEN n.author_kind = 'visitor' AND n.answered THEN statement_timestamp()
            WHEN n.author_kind = 'visitor' THEN coalesce(c.waiting_since, statement_timestamp())
            -- Who waits in the queue waits for a person, whatever the bot says meanwhile.
            WHEN n.answered AND (n.by_agent OR c.owner <> 'queue') THEN NULL
            ELSE c.waiting_since
        END
    FROM news n
    WHERE c.id = n.conversation_id
)
SELECT j.verdict, coalesce(f.seq, j.old_seq, 0)::integer AS seq,
    coalesce(j.old_created_at, statement_timestamp()) AS created_at,
    coalesce(j.old_author_kind, '') AS author_kind, j.old_author_id AS author_id, coalesce(j.old_author_name, '') AS author_name,
    coalesce(j.old_kind, '') AS kind, coalesce(j.old_content, '') AS content, coalesce(j.old_data, '{}') AS data,
    coalesce(j.site_id, 0) AS site_id, coalesce(j.department_id, 0) AS department_id, j.contact_id
FROM judged j LEFT JOIN fresh f ON f.ord = j.ord
ORDER BY j.ord
