-- Routing: how conversations are given to agents, what agents can do, what is offered to whom.

-- A site's routing (chat/routing.Config as JSON), versioned.
CREATE TABLE routing_settings (
    site_id    integer PRIMARY KEY REFERENCES sites (id) ON DELETE CASCADE,
    version    bigint NOT NULL CONSTRAINT routing_settings_version CHECK (version > 0),
    config     jsonb NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL DEFAULT ''
);

CREATE TABLE agent_skills (
    site_id integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    skill   text NOT NULL CONSTRAINT agent_skills_skill CHECK (skill <> ''),
    level   smallint NOT NULL CONSTRAINT agent_skills_level CHECK (level BETWEEN 1 AND 5),
    PRIMARY KEY (site_id, user_id, skill)
);
CREATE INDEX agent_skills_user ON agent_skills (user_id);

-- What an agent does on one channel; agents.active and agents.cap are of all together. cap NULL = no cap of its own.
CREATE TABLE agent_channels (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel text NOT NULL,
    active  integer NOT NULL DEFAULT 0 CONSTRAINT agent_channels_active CHECK (active >= 0),
    cap     integer CONSTRAINT agent_channels_cap CHECK (cap >= 0),
    PRIMARY KEY (user_id, channel)
);
INSERT INTO agent_channels (user_id, channel, active) SELECT user_id, 'chat', active FROM agents;

-- invisible: signed in, keeps theirs, is given nothing and seen by nobody as there. idle_since: when the load last changed.
ALTER TABLE agents
    ADD COLUMN languages  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN reason     text NOT NULL DEFAULT '',
    ADD COLUMN own_cap    boolean NOT NULL DEFAULT false, -- somebody set it for this agent: the site's default is not theirs
    ADD COLUMN idle_since timestamptz NOT NULL DEFAULT now(),
    DROP CONSTRAINT agents_presence,
    ADD CONSTRAINT agents_presence CHECK (presence IN ('online', 'away', 'invisible', 'offline'));
CREATE INDEX agents_node ON agents (node) WHERE node IS NOT NULL;

-- What a conversation takes of its agent's capacity.
ALTER TABLE conversations
    ADD COLUMN channel text NOT NULL DEFAULT 'chat',
    ADD COLUMN weight  smallint NOT NULL DEFAULT 1 CONSTRAINT conversations_weight CHECK (weight BETWEEN 1 AND 100);

-- base is the place before priority: enqueued_at, or before all that waited. excluded: who gave it back or declined it.
ALTER TABLE queue_entries
    ADD COLUMN base     timestamptz,
    ADD COLUMN skills   jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN excluded uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN excluded_at timestamptz;
UPDATE queue_entries SET base = place;
ALTER TABLE queue_entries ALTER COLUMN base SET NOT NULL;

ALTER TABLE queue_waits ADD COLUMN team_id uuid REFERENCES teams (id) ON DELETE SET NULL;

-- Conversations that an agent is asked to take. They count as load until they are answered or over.
CREATE TABLE routing_offers (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    id              uuid NOT NULL CONSTRAINT routing_offers_id UNIQUE,
    user_id         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site_id         integer NOT NULL REFERENCES sites (id),
    department_id   integer NOT NULL REFERENCES departments (id),
    owner_epoch     integer NOT NULL,
    channel         text NOT NULL,
    weight          smallint NOT NULL,
    record          jsonb NOT NULL,
    offered_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL
);
CREATE INDEX routing_offers_user ON routing_offers (user_id);

-- Agents who were asked to help in a conversation that another holds.
CREATE TABLE conversation_helpers (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id         uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    invited_by      text NOT NULL DEFAULT '',
    reason          text NOT NULL DEFAULT '',
    invited_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX conversation_helpers_user ON conversation_helpers (user_id);

-- For whom a visitor talked to last.
CREATE INDEX conversations_last_agent ON conversations (contact_id, resolved_at DESC) WHERE assignee_id IS NOT NULL;
