-- Suggested replies: canned ones, answers that people gave before, what agents did with suggestions, and their
-- judgements of the bot. Everything that lies behind a conversation goes with it.

-- A reply kept for reuse. owner_id: only theirs; team_id: only that team's; department_id: only that department's; all null: the whole site's.
CREATE TABLE canned_replies (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id       integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    department_id integer REFERENCES departments (id) ON DELETE CASCADE,
    team_id       uuid REFERENCES teams (id) ON DELETE CASCADE,
    owner_id      uuid REFERENCES users (id) ON DELETE CASCADE,
    shortcut      text NOT NULL CONSTRAINT canned_replies_shortcut CHECK (shortcut <> '' AND shortcut = lower(shortcut)),
    title         text NOT NULL CONSTRAINT canned_replies_title CHECK (title <> ''),
    version       integer NOT NULL DEFAULT 1,
    updated_by    uuid REFERENCES users (id) ON DELETE SET NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT canned_replies_one_place CHECK (num_nonnulls(team_id, owner_id) <= 1 AND (team_id IS NULL OR department_id IS NOT NULL))
);
-- One shortcut names one reply in each place.
CREATE UNIQUE INDEX canned_replies_place ON canned_replies (site_id, shortcut, coalesce(department_id, 0),
    coalesce(team_id, '00000000-0000-0000-0000-000000000000'), coalesce(owner_id, '00000000-0000-0000-0000-000000000000'));

-- Its text in each language; the vector is made after saving, of title and text, and only compared with those of its model.
CREATE TABLE canned_texts (
    canned_id bigint NOT NULL REFERENCES canned_replies (id) ON DELETE CASCADE,
    locale    text NOT NULL CONSTRAINT canned_texts_locale CHECK (locale IN ('zh-CN', 'en')),
    content   text NOT NULL CONSTRAINT canned_texts_content CHECK (content <> ''),
    model     text NOT NULL DEFAULT '',
    embedding halfvec,
    PRIMARY KEY (canned_id, locale)
);

-- What a person answered to a question in a conversation that a person resolved, without personal data. The wall is the
-- conversation's own, looked up each time: a conversation that moves takes its answers along.
CREATE TABLE solved_answers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    answer_seq      integer NOT NULL,
    site_id         integer NOT NULL,
    agent_id        uuid REFERENCES users (id) ON DELETE SET NULL,
    locale          text NOT NULL CONSTRAINT solved_answers_locale CHECK (locale IN ('zh-CN', 'en')),
    question        text NOT NULL CONSTRAINT solved_answers_question CHECK (question <> ''),
    answer          text NOT NULL CONSTRAINT solved_answers_answer CHECK (answer <> ''),
    model           text NOT NULL DEFAULT '',
    embedding       halfvec, -- of the question
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    deleted         boolean NOT NULL DEFAULT false, -- by hand: it must not come back with the next reading
    CONSTRAINT solved_answers_once UNIQUE (conversation_id, answer_seq)
);
CREATE INDEX solved_answers_site ON solved_answers (site_id, model, expires_at) WHERE NOT deleted;
CREATE INDEX solved_answers_expiry ON solved_answers (expires_at);

-- How far each resolved conversation was read for answers.
CREATE TABLE solved_reads (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    upto            integer NOT NULL
);

-- What agents saw and did with it. seq: the visitor's row that it was suggested for; message_seq: the agent's row it became.
CREATE TABLE suggestion_events (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq             integer NOT NULL,
    message_seq     integer,
    agent_id        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source          text NOT NULL CONSTRAINT suggestion_events_source CHECK (source IN ('article', 'canned', 'solved')),
    item            text NOT NULL,
    rank            smallint NOT NULL DEFAULT 0,
    confidence      real NOT NULL DEFAULT 0 CONSTRAINT suggestion_events_confidence CHECK (confidence BETWEEN 0 AND 1),
    act             text NOT NULL CONSTRAINT suggestion_events_act CHECK (act IN ('shown', 'inserted', 'edited', 'sent', 'dismissed')),
    edit_share      real CONSTRAINT suggestion_events_edit_share CHECK (edit_share BETWEEN 0 AND 1), -- of edited and sent
    at              timestamptz NOT NULL,
    -- However often a page is opened or a request repeated, an act counts once: nobody lifts an item by reloading.
    CONSTRAINT suggestion_events_once UNIQUE (conversation_id, seq, agent_id, source, item, act)
);
CREATE INDEX suggestion_events_at ON suggestion_events (site_id, at);

-- Running sums of the same, by item: ranking reads a handful of rows instead of the history. used counts a reply that
-- went out unchanged as 1, an edited one as what was left of it.
CREATE TABLE suggestion_usage (
    site_id integer NOT NULL,
    source  text NOT NULL,
    item    text NOT NULL, -- '' = all of the source
    shown   double precision NOT NULL DEFAULT 0,
    used    double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, source, item)
);

-- What an agent says about a row of the bot.
CREATE TABLE bot_judgements (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq             integer NOT NULL,
    agent_id        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site_id         integer NOT NULL,
    department_id   integer NOT NULL,
    verdict         text NOT NULL CONSTRAINT bot_judgements_verdict CHECK (verdict IN ('wrong')),
    article         text, -- what the bot said, and in which version
    locale          text,
    version         integer,
    right_article   text,
    note            text NOT NULL DEFAULT '',
    at              timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, seq, agent_id)
);
CREATE INDEX bot_judgements_at ON bot_judgements (site_id, at);
