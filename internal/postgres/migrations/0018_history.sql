-- Search over conversations, transcripts by link, retention and erasure.

-- The way of the search's cursor over the log. A block range index: a few bytes for every hundred pages, nothing for
-- the writer to balance.
CREATE INDEX conversation_log_time ON conversation_log USING brin (created_at) WITH (pages_per_range = 64);

-- What the search knows of 32 rows of a conversation: the terms of our own analyzer with their places, and marks
-- (they begin with #): #b block of ids, #d department, #a agents who wrote, #c the contact, #n an internal note.
CREATE TABLE history_parts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    part            integer NOT NULL CONSTRAINT history_parts_part CHECK (part >= 0), -- rows 32·part+1 to 32·part+32
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    seen            integer NOT NULL, -- the conversation's last row when the part was read
    first_at        timestamptz NOT NULL,
    last_at         timestamptz NOT NULL,
    terms           tsvector NOT NULL,
    CONSTRAINT history_parts_once UNIQUE (conversation_id, part)
);
-- The list of pending entries is read by every search: it stays short.
CREATE INDEX history_parts_terms ON history_parts USING gin (terms) WITH (gin_pending_list_limit = 1024);
CREATE INDEX history_parts_first ON history_parts (first_at);

-- Who indexes and who tidies up at the moment, and how far they are.
CREATE TABLE history_work (
    task        text PRIMARY KEY CONSTRAINT history_work_task CHECK (task IN ('index', 'retention')),
    holder      uuid,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    read_to     timestamptz -- index: every row up to here is in; retention: when it last ran through. NULL = never
);
INSERT INTO history_work (task) VALUES ('index'), ('retention');

-- A conversation to be read by whoever has the link, until it expires or is taken back. The link is signed: the row
-- holds nothing that would open it.
CREATE TABLE transcript_links (
    id              uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    site_id         integer NOT NULL,
    made_by         text NOT NULL CONSTRAINT transcript_links_made_by CHECK (made_by IN ('visitor', 'agent')),
    agent_id        uuid REFERENCES users (id) ON DELETE SET NULL,
    locale          text NOT NULL CONSTRAINT transcript_links_locale CHECK (locale IN ('zh-CN', 'en')),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    revoked_at      timestamptz,
    opened          integer NOT NULL DEFAULT 0,
    opened_at       timestamptz,
    CONSTRAINT transcript_links_expiry CHECK (expires_at > created_at)
);
CREATE INDEX transcript_links_conversation ON transcript_links (conversation_id);
CREATE INDEX transcript_links_expires ON transcript_links (expires_at);

-- For how many days conversations are kept; 0 = for ever. anonymous: of contacts without a name and an address.
CREATE TABLE retention_policies (
    site_id         integer PRIMARY KEY REFERENCES sites (id) ON DELETE CASCADE,
    version         bigint NOT NULL CONSTRAINT retention_policies_version CHECK (version > 0),
    anonymous_days  integer NOT NULL CONSTRAINT retention_policies_anonymous CHECK (anonymous_days BETWEEN 0 AND 36500),
    identified_days integer NOT NULL CONSTRAINT retention_policies_identified CHECK (identified_days BETWEEN 0 AND 36500),
    updated_by      text NOT NULL,
    updated_at      timestamptz NOT NULL
);

CREATE TABLE retention_runs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id       integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    started_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    conversations integer NOT NULL DEFAULT 0,
    messages      bigint NOT NULL DEFAULT 0,
    contacts      integer NOT NULL DEFAULT 0,
    actor         text NOT NULL -- user id, or "system"
);
CREATE INDEX retention_runs_site ON retention_runs (site_id, id);

-- Receipts of erasures. They name the contact by its id alone, which then stands nowhere else.
CREATE TABLE erasures (
    id         uuid PRIMARY KEY,
    site_id    integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    contact_id uuid NOT NULL,
    actor      text NOT NULL,
    actor_name text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    state      text NOT NULL CONSTRAINT erasures_state CHECK (state IN ('running', 'done')),
    asked_at   timestamptz NOT NULL,
    worked_at  timestamptz NOT NULL,
    done_at    timestamptz,
    counts     jsonb NOT NULL DEFAULT '{}', -- deleted rows by table
    CONSTRAINT erasures_done CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX erasures_site ON erasures (site_id, asked_at DESC);
CREATE UNIQUE INDEX erasures_one_runs ON erasures (contact_id) WHERE state = 'running';

CREATE INDEX audit_log_action ON audit_log (action, id);
-- What was learnt of a conversation, found by it.
CREATE INDEX bot_run_rows_conversation ON bot_run_rows (conversation_id) WHERE conversation_id IS NOT NULL;

INSERT INTO settings (key, value) VALUES
    ('transcript_key', to_jsonb(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')));
