-- Contacts, conversations, the conversation log, the queue, presence, read positions.

-- The rule of identity.Scope.Allows, for every statement on customer data. s_departments NULL = all
-- departments of the sites, s_contact NULL = all contacts. One expression, so that the planner inlines it.
CREATE FUNCTION scope_allows(site integer, department integer, contact uuid,
    s_all boolean, s_sites integer[], s_departments integer[], s_contact uuid) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (s_all OR (site = ANY (s_sites) AND (s_departments IS NULL OR department = ANY (s_departments))))
      AND (s_contact IS NULL OR contact = s_contact) $$;

CREATE TABLE contacts (
    id            uuid PRIMARY KEY,
    site_id       integer NOT NULL REFERENCES sites (id),
    department_id integer NOT NULL REFERENCES departments (id),
    name          text NOT NULL DEFAULT '',
    email         text NOT NULL DEFAULT '',
    locale        text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE nodes (
    id          uuid PRIMARY KEY,
    started_at  timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz NOT NULL
);

-- An agent's working state. presence counts only while the node's lease lasts.
CREATE TABLE agents (
    user_id  uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    presence text NOT NULL DEFAULT 'offline' CONSTRAINT agents_presence CHECK (presence IN ('online', 'away', 'offline')),
    node     uuid REFERENCES nodes (id) ON DELETE SET NULL,
    active   integer NOT NULL DEFAULT 0 CONSTRAINT agents_active CHECK (active >= 0),
    cap      integer NOT NULL DEFAULT 5 CONSTRAINT agents_cap CHECK (cap >= 0),
    seen_at  timestamptz
);

CREATE TABLE conversations (
    id               uuid PRIMARY KEY,
    site_id          integer NOT NULL REFERENCES sites (id),
    department_id    integer NOT NULL REFERENCES departments (id),
    contact_id       uuid NOT NULL REFERENCES contacts (id),
    status           text NOT NULL DEFAULT 'open' CONSTRAINT conversations_status CHECK (status IN ('open', 'snoozed', 'resolved')),
    owner            text NOT NULL DEFAULT 'bot' CONSTRAINT conversations_owner CHECK (owner IN ('bot', 'queue', 'human')),
    owner_epoch      integer NOT NULL DEFAULT 1,
    assignee_id      uuid REFERENCES users (id),
    team_id          uuid REFERENCES teams (id),
    last_seq         integer NOT NULL DEFAULT 0 CONSTRAINT conversations_last_seq CHECK (last_seq >= 0),
    locale           text NOT NULL DEFAULT '',
    page             text NOT NULL DEFAULT '',
    email            text NOT NULL DEFAULT '',
    last_message_at  timestamptz,
    last_message     text NOT NULL DEFAULT '',
    last_author      text NOT NULL DEFAULT '',
    waiting_since    timestamptz,
    snoozed_until    timestamptz,
    resolved_at      timestamptz,
    visitor_read_seq integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT conversations_human_has_assignee CHECK ((owner = 'human') = (assignee_id IS NOT NULL)),
    CONSTRAINT conversations_resolved_at CHECK ((status = 'resolved') = (resolved_at IS NOT NULL))
) WITH (fillfactor = 70); -- each append updates its head: room on the page, and no index on what it changes, keep that a HOT update

-- One open conversation a visitor, whatever raced to start it.
CREATE UNIQUE INDEX conversations_one_open ON conversations (contact_id) WHERE status <> 'resolved';
CREATE INDEX conversations_inbox ON conversations (site_id, department_id, status, owner);
CREATE INDEX conversations_resolved ON conversations (resolved_at DESC, id DESC) WHERE status = 'resolved';
CREATE INDEX conversations_created ON conversations (created_at, id);
CREATE INDEX conversations_assignee ON conversations (assignee_id) WHERE status <> 'resolved';
CREATE INDEX conversations_contact ON conversations (contact_id, created_at DESC);

-- Everything that ever happened in a conversation. seq is gapless from 1.
CREATE TABLE conversation_log (
    conversation_id uuid NOT NULL REFERENCES conversations (id),
    seq             integer NOT NULL CONSTRAINT conversation_log_seq CHECK (seq > 0),
    client_id       uuid NOT NULL,
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    author_kind     text NOT NULL CONSTRAINT conversation_log_author CHECK (author_kind IN ('visitor', 'agent', 'bot', 'system')),
    author_id       uuid,
    author_name     text NOT NULL DEFAULT '',
    kind            text NOT NULL,
    content         text NOT NULL,
    data            jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    CONSTRAINT conversation_log_client_id UNIQUE (conversation_id, client_id)
);
-- For the day's counts: bot answers and handovers.
CREATE INDEX conversation_log_day ON conversation_log (created_at) WHERE kind = 'handover' OR author_kind = 'bot';

-- Waiting conversations, smallest place first. place = enqueued_at − priority × T (now one minute); it is stored
-- because an index on timestamptz arithmetic is not possible (its operators are STABLE).
CREATE TABLE queue_entries (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id),
    site_id         integer NOT NULL REFERENCES sites (id),
    department_id   integer NOT NULL REFERENCES departments (id),
    team_id         uuid REFERENCES teams (id),
    priority        integer NOT NULL DEFAULT 0,
    reason          text NOT NULL DEFAULT '',
    enqueued_at     timestamptz NOT NULL,
    place           timestamptz NOT NULL
);
CREATE INDEX queue_entries_place ON queue_entries (site_id, department_id, place, conversation_id);

-- How long conversations waited before a human took them: the expected wait is their median.
CREATE TABLE queue_waits (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    owner_epoch     integer NOT NULL,
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    claimed_at      timestamptz NOT NULL,
    waited          interval NOT NULL CONSTRAINT queue_waits_waited CHECK (waited >= interval '0'),
    PRIMARY KEY (conversation_id, owner_epoch)
);
CREATE INDEX queue_waits_recent ON queue_waits (site_id, department_id, claimed_at DESC);

CREATE TABLE read_positions (
    user_id         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    read_seq        integer NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
);
