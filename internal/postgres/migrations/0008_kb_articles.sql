-- Working copies, who an article is for, what else is said of it, and word lists.

-- Whom an article is for: 0 everybody, 1 identified customers, 2 staff. Who may see a level sees the lower ones.
ALTER TABLE kb_articles
    ADD COLUMN audience smallint NOT NULL DEFAULT 0 CONSTRAINT kb_articles_audience CHECK (audience BETWEEN 0 AND 2),
    -- of the published version; null = it stays
    ADD COLUMN expires_at timestamptz,
    -- why nothing is published; null = something is
    ADD COLUMN ended text CONSTRAINT kb_articles_ended CHECK (ended IN ('archived', 'expired')),
    -- which state of the text this translation says: the highest of an article's translations is the newest, a lower one is outdated
    ADD COLUMN text_revision integer NOT NULL DEFAULT 1 CONSTRAINT kb_articles_text_revision CHECK (text_revision > 0);
UPDATE kb_articles SET ended = 'archived' WHERE published_version IS NULL;
ALTER TABLE kb_articles ADD CONSTRAINT kb_articles_ended_or_published CHECK ((published_version IS NULL) = (ended IS NOT NULL));
CREATE INDEX kb_articles_expiry ON kb_articles (expires_at) WHERE published_version IS NOT NULL AND expires_at IS NOT NULL;

ALTER TABLE kb_versions
    ADD COLUMN audience smallint NOT NULL DEFAULT 0 CONSTRAINT kb_versions_audience CHECK (audience BETWEEN 0 AND 2),
    -- least confidence with which it is said; 0 = the site's
    ADD COLUMN floor double precision NOT NULL DEFAULT 0 CONSTRAINT kb_versions_floor CHECK (floor BETWEEN 0 AND 1),
    -- whoever asks for it goes to a person
    ADD COLUMN handover boolean NOT NULL DEFAULT false,
    -- articles offered under the answer
    ADD COLUMN next text[] NOT NULL DEFAULT '{}' CONSTRAINT kb_versions_next CHECK (cardinality(next) <= 3),
    ADD COLUMN owner text NOT NULL DEFAULT '', -- user id
    ADD COLUMN review_at timestamptz,
    ADD COLUMN expires_at timestamptz,
    -- the version whose content this is again; null = its own
    ADD COLUMN restored_from integer;

-- The index repeats the audience beside the department: no leg of a search may find what the asker must not see.
ALTER TABLE kb_variants ADD COLUMN audience smallint NOT NULL DEFAULT 0;
ALTER TABLE kb_embeddings ADD COLUMN audience smallint NOT NULL DEFAULT 0;
ALTER TABLE kb_posting ADD COLUMN audience smallint NOT NULL DEFAULT 0;

-- What is being written: one working copy a translation, beside the published version or before there is one. It may be
-- unfinished; only publishing asks for completeness, and deletes it in the same transaction.
CREATE TABLE kb_drafts (
    site_id       integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    article_id    text NOT NULL,
    locale        text NOT NULL CONSTRAINT kb_drafts_locale CHECK (locale IN ('zh-CN', 'en')),
    department_id integer REFERENCES departments (id), -- null = every department of the site
    title         text NOT NULL,
    questions     text[] NOT NULL,
    answer        text NOT NULL,
    tags          text[] NOT NULL,
    audience      smallint NOT NULL CONSTRAINT kb_drafts_audience CHECK (audience BETWEEN 0 AND 2),
    floor         double precision NOT NULL CONSTRAINT kb_drafts_floor CHECK (floor BETWEEN 0 AND 1),
    handover      boolean NOT NULL,
    next          text[] NOT NULL CONSTRAINT kb_drafts_next CHECK (cardinality(next) <= 3),
    owner         text NOT NULL,
    review_at     timestamptz,
    expires_at    timestamptz,
    state         text NOT NULL CONSTRAINT kb_drafts_state CHECK (state IN ('draft', 'review', 'scheduled')),
    base_version  integer NOT NULL, -- the published version it was made from; 0 = none was
    minor         boolean NOT NULL DEFAULT false, -- the change concerns no other translation
    revision      integer NOT NULL CONSTRAINT kb_drafts_revision CHECK (revision > 0), -- rises with every change
    editor        text NOT NULL, -- who changed it last: a user id or "system"
    submitter     text NOT NULL DEFAULT '', -- who asked for the review
    reviewer      text NOT NULL DEFAULT '', -- who approved it or sent it back
    note          text NOT NULL DEFAULT '', -- what that person said
    publish_at    timestamptz, -- when it was scheduled for
    due_at        timestamptz, -- when a node tries next: publish_at, or later after a failure
    attempts      integer NOT NULL DEFAULT 0,
    failure       text NOT NULL DEFAULT '', -- why the last attempt failed
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (site_id, article_id, locale),
    CONSTRAINT kb_drafts_scheduled CHECK ((state = 'scheduled') = (publish_at IS NOT NULL) AND (state = 'scheduled') = (due_at IS NOT NULL))
);
CREATE INDEX kb_drafts_due ON kb_drafts (due_at) WHERE state = 'scheduled';

-- Words that mean the same at a site, and codes. A change raises the site's epoch.
CREATE TABLE kb_words (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id    integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    kind       text NOT NULL CONSTRAINT kb_words_kind CHECK (kind IN ('synonym', 'alias', 'code')),
    locale     text NOT NULL CONSTRAINT kb_words_locale CHECK (locale IN ('', 'zh-CN', 'en')), -- '' = both
    words      text[] NOT NULL CONSTRAINT kb_words_words CHECK (cardinality(words) > 0),
    editor     text NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX kb_words_site ON kb_words (site_id, id);
