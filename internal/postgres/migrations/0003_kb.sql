-- Knowledge base: heads, versions, and the index of what is published (variants, vectors, postings).

-- One row per site; it is locked by every publish, so that epochs are commit order.
CREATE TABLE kb_epochs (
    site_id     integer PRIMARY KEY REFERENCES sites (id) ON DELETE CASCADE,
    epoch       bigint NOT NULL DEFAULT 1,
    -- {"slope", "intercept"} of the confidence fitted on this knowledge base; null = the default fit
    calibration jsonb
);
INSERT INTO kb_epochs (site_id) SELECT id FROM sites;

CREATE TABLE kb_articles (
    site_id           integer NOT NULL REFERENCES sites (id),
    id                text NOT NULL,
    locale            text NOT NULL CONSTRAINT kb_articles_locale CHECK (locale IN ('zh-CN', 'en')),
    -- null = every department of the site
    department_id     integer REFERENCES departments (id),
    -- null = archived: the bot may no longer say it
    published_version integer,
    last_version      integer NOT NULL CONSTRAINT kb_articles_last_version CHECK (last_version > 0),
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (site_id, id, locale),
    CONSTRAINT kb_articles_published_exists CHECK (published_version <= last_version)
);

-- Everything that was ever published. Rows are never changed.
CREATE TABLE kb_versions (
    site_id       integer NOT NULL,
    article_id    text NOT NULL,
    locale        text NOT NULL,
    version       integer NOT NULL,
    department_id integer,
    title         text NOT NULL,
    questions     text[] NOT NULL CONSTRAINT kb_versions_questions CHECK (cardinality(questions) > 0),
    answer        text NOT NULL CONSTRAINT kb_versions_answer CHECK (answer <> ''),
    tags          text[] NOT NULL,
    author        text NOT NULL, -- user id, or "system"
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (site_id, article_id, locale, version),
    FOREIGN KEY (site_id, article_id, locale) REFERENCES kb_articles (site_id, id, locale) ON DELETE CASCADE
);

-- What a question is matched with: the texts of the published versions. kind: 1 question, 2 title, 3 passage.
CREATE TABLE kb_variants (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id       integer NOT NULL,
    department_id integer,
    article_id    text NOT NULL,
    locale        text NOT NULL,
    kind          smallint NOT NULL CONSTRAINT kb_variants_kind CHECK (kind IN (1, 2, 3)),
    content       text NOT NULL, -- normalised
    FOREIGN KEY (site_id, article_id, locale) REFERENCES kb_articles (site_id, id, locale) ON DELETE CASCADE
);
CREATE INDEX kb_variants_article ON kb_variants (site_id, article_id, locale);

-- A vector is only ever compared with vectors of the same model.
CREATE TABLE kb_models (
    id          smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fingerprint text NOT NULL CONSTRAINT kb_models_fingerprint_unique UNIQUE
);

-- Narrow and unTOASTed on purpose: an exact scan of 10,000 rows reads 6 MB.
CREATE TABLE kb_embeddings (
    variant_id    bigint NOT NULL REFERENCES kb_variants (id) ON DELETE CASCADE,
    model_id      smallint NOT NULL REFERENCES kb_models (id),
    site_id       integer NOT NULL,
    department_id integer,
    embedding     halfvec NOT NULL, -- of length 1
    PRIMARY KEY (variant_id, model_id)
);
ALTER TABLE kb_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;

-- The lexical index. weight = saturated term frequency (BM25 without its IDF, which the query brings).
CREATE TABLE kb_posting (
    site_id       integer NOT NULL,
    department_id integer,
    term          text NOT NULL,
    variant_id    bigint NOT NULL REFERENCES kb_variants (id) ON DELETE CASCADE,
    weight        real NOT NULL CONSTRAINT kb_posting_weight CHECK (weight > 0)
);
CREATE UNIQUE INDEX kb_posting_term ON kb_posting (site_id, term, variant_id) INCLUDE (weight, department_id);
CREATE INDEX kb_posting_variant ON kb_posting (variant_id);
