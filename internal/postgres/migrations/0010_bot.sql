-- How the bot behaves at each site, questions whose answers must stay right, and runs over past questions.

CREATE TABLE bot_settings (
    site_id            integer PRIMARY KEY REFERENCES sites (id) ON DELETE CASCADE,
    version            bigint NOT NULL CONSTRAINT bot_settings_version CHECK (version > 0),
    mode               text NOT NULL CONSTRAINT bot_settings_mode CHECK (mode IN ('live', 'shadow', 'off')),
    percent            integer NOT NULL CONSTRAINT bot_settings_percent CHECK (percent BETWEEN 0 AND 100),
    answer             double precision NOT NULL CONSTRAINT bot_settings_answer CHECK (answer BETWEEN 0 AND 1), -- 0 = configured or learnt
    clarify            double precision NOT NULL CONSTRAINT bot_settings_clarify CHECK (clarify BETWEEN 0 AND 1),
    max_clarifications integer NOT NULL CONSTRAINT bot_settings_clarifications CHECK (max_clarifications BETWEEN 0 AND 5), -- 0 = configured
    suggest            double precision NOT NULL CONSTRAINT bot_settings_suggest CHECK (suggest BETWEEN 0 AND 1),
    generator          boolean NOT NULL,
    hours              jsonb, -- business hours; NULL = not known
    gate_on            boolean NOT NULL,
    gate_worse         double precision NOT NULL CONSTRAINT bot_settings_gate CHECK (gate_worse BETWEEN 0 AND 100), -- per cent
    updated_at         timestamptz NOT NULL,
    updated_by         text NOT NULL
);

-- Saved questions and what is right for them.
CREATE TABLE bot_questions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id       integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    department_id integer REFERENCES departments (id), -- NULL = asked of all departments
    audience      smallint NOT NULL DEFAULT 0,
    locale        text NOT NULL DEFAULT '',
    question      text NOT NULL CONSTRAINT bot_questions_question CHECK (question <> ''),
    previous      text[] NOT NULL DEFAULT '{}',
    want          text NOT NULL CONSTRAINT bot_questions_want CHECK (want IN ('article', '-', '@human', '@smalltalk', '@clarify')),
    articles      text[] NOT NULL DEFAULT '{}',
    kind          text NOT NULL DEFAULT '',
    digest        bytea NOT NULL CONSTRAINT bot_questions_digest CHECK (octet_length(digest) = 32), -- of question, previous, department and audience
    origin        text NOT NULL DEFAULT '', -- where it comes from: '' = typed, 'import', or conversation/seq
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT bot_questions_articles CHECK ((want = 'article') = (cardinality(articles) > 0))
);
CREATE INDEX bot_questions_site ON bot_questions (site_id, id);
-- One expectation a question: adding it again changes what is expected.
CREATE UNIQUE INDEX bot_questions_once ON bot_questions (site_id, digest);

-- Runs in the background over past or saved questions. A node holds one by a lease; when it dies, another starts it anew.
CREATE TABLE bot_runs (
    id          uuid PRIMARY KEY,
    site_id     integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    kind        text NOT NULL CONSTRAINT bot_runs_kind CHECK (kind IN ('replay', 'questions')),
    spec        jsonb NOT NULL,
    state       text NOT NULL CONSTRAINT bot_runs_state CHECK (state IN ('waiting', 'running', 'done', 'cancelled', 'failed')),
    total       integer NOT NULL DEFAULT 0,
    done        integer NOT NULL DEFAULT 0,
    summary     jsonb,
    problem     text NOT NULL DEFAULT '', -- why it failed: a code
    attempts    integer NOT NULL DEFAULT 0,
    lease       uuid, -- of the attempt that works on it
    lease_until timestamptz,
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL,
    started_at  timestamptz,
    ended_at    timestamptz
);
CREATE INDEX bot_runs_site ON bot_runs (site_id, kind, created_at DESC);
CREATE INDEX bot_runs_open ON bot_runs (created_at) WHERE state IN ('waiting', 'running');

-- What a run found worth keeping: of a replay the decisions that changed, of saved questions every one.
CREATE TABLE bot_run_rows (
    run_id          uuid NOT NULL REFERENCES bot_runs (id) ON DELETE CASCADE,
    n               integer NOT NULL,
    site_id         integer NOT NULL,
    department_id   integer, -- NULL = of no department
    conversation_id uuid,
    seq             integer,
    question_id     bigint,
    question        text NOT NULL,
    change          text NOT NULL,
    worse           boolean NOT NULL DEFAULT false,
    before          jsonb,
    after           jsonb NOT NULL,
    PRIMARY KEY (run_id, n)
);
