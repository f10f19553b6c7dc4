-- Contacts, conversations, the conversation log, the queue, presence, read positions.

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
);
-- One open conversation a visitor, whatever raced to start it.
CREATE UNIQUE INDEX conversations_one_open ON conversations (contact_id) WHERE status <> 'resolved';
CREATE INDEX conversations_inbox ON conversations (site_id, department_id, status, owner, waiting_since);
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

-- Waiting conversations. Order: enqueued_at − priority × T, smallest first.
CREATE TABLE queue_entries (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id),
    site_id         integer NOT NULL REFERENCES sites (id),
    department_id   integer NOT NULL REFERENCES departments (id),
    team_id         uuid REFERENCES teams (id),
    priority        integer NOT NULL DEFAULT 0,
    reason          text NOT NULL DEFAULT '',
    enqueued_at     timestamptz NOT NULL
);
CREATE INDEX queue_entries_order ON queue_entries (site_id, department_id, (extract(epoch FROM enqueued_at) - priority * 60));

CREATE TABLE read_positions (
    user_id         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    read_seq        integer NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
);
