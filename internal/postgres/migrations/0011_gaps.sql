-- What the bot could not answer, gathered by meaning; visitors' votes; answers judged by a sample.

-- Of the log: votes, for whoever reads the news.
CREATE INDEX conversation_log_feedback ON conversation_log (created_at) WHERE kind = 'feedback';

-- A gap is a question that the knowledge base does not answer. What it is about is told by its samples alone: when
-- their conversations are erased nothing of them stays here.
CREATE TABLE gaps (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id          integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    department_id    integer NOT NULL REFERENCES departments (id),
    audience         smallint NOT NULL DEFAULT 0,
    locale           text NOT NULL CONSTRAINT gaps_locale CHECK (locale IN ('zh-CN', 'en')), -- of its first sample
    state            text NOT NULL CONSTRAINT gaps_state
        CHECK (state IN ('open', 'in_progress', 'solved', 'dismissed', 'out_of_scope', 'expired', 'merged')),
    name             text NOT NULL DEFAULT '', -- given by a person; '' = its most typical question
    revision         integer NOT NULL DEFAULT 1, -- rises with each act of a person
    merged_into      bigint REFERENCES gaps (id) ON DELETE CASCADE,
    article_id       text NOT NULL DEFAULT '', -- what a person makes of it
    article_locale   text NOT NULL DEFAULT '',
    proposed_article text NOT NULL DEFAULT '', -- published, and answers its questions by now
    proposed_locale  text NOT NULL DEFAULT '',
    proposed_at      timestamptz,
    checked_epoch    bigint NOT NULL DEFAULT 0, -- kb_epoch at which that was last tried; 0 = not since its last sample
    created_at       timestamptz NOT NULL,
    last_seen_at     timestamptz NOT NULL,
    state_at         timestamptz NOT NULL,
    CONSTRAINT gaps_merged CHECK ((state = 'merged') = (merged_into IS NOT NULL))
);
CREATE INDEX gaps_board ON gaps (site_id, state);
CREATE INDEX gaps_merged_into ON gaps (merged_into) WHERE merged_into IS NOT NULL;

-- One turn that told of a gap: a row of the bot, or a hand-over.
CREATE TABLE gap_samples (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq             integer NOT NULL CONSTRAINT gap_samples_seq CHECK (seq > 0),
    site_id         integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    department_id   integer NOT NULL REFERENCES departments (id),
    contact_id      uuid NOT NULL,
    audience        smallint NOT NULL DEFAULT 0,
    locale          text NOT NULL CONSTRAINT gap_samples_locale CHECK (locale IN ('zh-CN', 'en')),
    reason          text NOT NULL,
    question        text NOT NULL CONSTRAINT gap_samples_question CHECK (question <> ''),
    nearest         text[] NOT NULL DEFAULT '{}', -- ids of the articles that came near, best first
    said_article    text NOT NULL DEFAULT '', -- a vote against an answer: which
    said_version    integer NOT NULL DEFAULT 0,
    happened_at     timestamptz NOT NULL,
    gap_id          bigint REFERENCES gaps (id) ON DELETE CASCADE, -- NULL = waits to be placed
    typical         real NOT NULL DEFAULT 0, -- how near to the gap's others it was when it was placed
    by_hand         boolean NOT NULL DEFAULT false, -- a person put it there: it is not moved again
    model           text NOT NULL DEFAULT '', -- fingerprint of the embedding's model
    embedding       halfvec, -- of length 1; NULL until placed
    checked_seq     integer NOT NULL DEFAULT 0, -- up to which row of the conversation what follows is known
    handled_s       double precision, -- from a person's taking it to its end
    replies         integer[] NOT NULL DEFAULT '{}', -- rows of the person's reply that solved it
    PRIMARY KEY (conversation_id, seq)
);
CREATE INDEX gap_samples_gap ON gap_samples (gap_id, happened_at DESC);
CREATE INDEX gap_samples_waiting ON gap_samples (happened_at) WHERE gap_id IS NULL;
CREATE INDEX gap_samples_wall ON gap_samples (site_id, department_id, audience, locale, model);
CREATE INDEX gap_samples_contact ON gap_samples (contact_id, happened_at);

-- Gaps that a person has told apart: they are not proposed for merging again.
CREATE TABLE gaps_apart (
    one   bigint NOT NULL REFERENCES gaps (id) ON DELETE CASCADE,
    other bigint NOT NULL REFERENCES gaps (id) ON DELETE CASCADE,
    PRIMARY KEY (one, other),
    CONSTRAINT gaps_apart_order CHECK (one < other)
);
CREATE INDEX gaps_apart_other ON gaps_apart (other);

-- What was done with a gap, and by whom.
CREATE TABLE gap_acts (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    gap_id  bigint NOT NULL REFERENCES gaps (id) ON DELETE CASCADE,
    site_id integer NOT NULL,
    at      timestamptz NOT NULL,
    actor   uuid, -- NULL = the system
    act     text NOT NULL,
    detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX gap_acts_gap ON gap_acts (gap_id, id);

-- Who gathers at the moment, and how far the log was read. One row.
CREATE TABLE gap_work (
    one         boolean PRIMARY KEY DEFAULT true CONSTRAINT gap_work_one CHECK (one),
    holder      uuid,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    read_to     timestamptz NOT NULL
);
INSERT INTO gap_work (read_to) VALUES (now() - interval '28 days');

-- What people say of a week's sampled answers.
CREATE TABLE bot_audits (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq             integer NOT NULL,
    site_id         integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    department_id   integer NOT NULL,
    verdict         text NOT NULL CONSTRAINT bot_audits_verdict CHECK (verdict IN ('right', 'wrong', 'partly')),
    judge           uuid NOT NULL,
    judged_at       timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, seq)
);
