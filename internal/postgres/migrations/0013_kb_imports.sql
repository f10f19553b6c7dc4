-- Imports that run in the background, and the files that articles show (docs/adr/0008-article-files.md).
-- River's own tables (river_*) are made by rivermigrate right after the migrations, under the same lock.

CREATE TABLE kb_imports (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id       integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    -- that its author may touch; null = all of the site
    departments   integer[],
    name          text NOT NULL CONSTRAINT kb_imports_name CHECK (name <> ''), -- of the file, or the address
    remote        boolean NOT NULL, -- name is an address
    pages         integer NOT NULL,
    follow        boolean NOT NULL,
    format        text NOT NULL, -- given; empty = found by itself
    dry_run       boolean NOT NULL,
    drafts        boolean NOT NULL,
    state         text NOT NULL CONSTRAINT kb_imports_state
        CHECK (state IN ('uploading', 'waiting', 'running', 'checked', 'done', 'failed', 'cancelled')),
    cancel        boolean NOT NULL DEFAULT false, -- somebody asked a running one to end
    stage         text NOT NULL DEFAULT '',
    done          integer NOT NULL DEFAULT 0,
    total         integer NOT NULL DEFAULT 0,
    attempt       integer NOT NULL DEFAULT 0, -- claims so far: who holds an older one can change nothing
    lease_until   timestamptz, -- of the claim
    bytes         bigint NOT NULL DEFAULT 0,
    kept          boolean NOT NULL, -- kb_import_parts has the content
    report        jsonb NOT NULL DEFAULT '{}',
    failure       text NOT NULL DEFAULT '',
    author        text NOT NULL, -- user id, or "system"
    author_name   text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT kb_imports_failed_says_why CHECK ((state = 'failed') = (failure <> '')),
    CONSTRAINT kb_imports_running_has_lease CHECK ((state = 'running') = (lease_until IS NOT NULL))
);
-- One import at a time works in a site, whatever the workers believe.
CREATE UNIQUE INDEX kb_imports_one_runs ON kb_imports (site_id) WHERE state = 'running';
CREATE INDEX kb_imports_open ON kb_imports (site_id, id) WHERE state IN ('uploading', 'waiting', 'running');
CREATE INDEX kb_imports_site ON kb_imports (site_id, id);

-- What was uploaded or fetched, in parts, so that no node holds a whole upload in memory.
CREATE TABLE kb_import_parts (
    import_id bigint NOT NULL REFERENCES kb_imports (id) ON DELETE CASCADE,
    part      integer NOT NULL,
    data      bytea NOT NULL,
    PRIMARY KEY (import_id, part)
);
ALTER TABLE kb_import_parts ALTER COLUMN data SET STORAGE EXTERNAL;

-- Images and attachments of articles. Never changed; the same content of a site is stored once.
CREATE TABLE kb_files (
    id         uuid PRIMARY KEY,
    site_id    integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    sha256     bytea NOT NULL CONSTRAINT kb_files_sha256 CHECK (octet_length(sha256) = 32),
    name       text NOT NULL,
    media_type text NOT NULL,
    bytes      bigint NOT NULL CONSTRAINT kb_files_bytes CHECK (bytes > 0),
    width      integer NOT NULL DEFAULT 0, -- of an image, in pixels
    height     integer NOT NULL DEFAULT 0,
    author     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- about when it was last uploaded or looked at: unused files go some time after
    used_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT kb_files_content_unique UNIQUE (site_id, sha256)
);
CREATE INDEX kb_files_idle ON kb_files (used_at);

CREATE TABLE kb_file_parts (
    file_id uuid NOT NULL REFERENCES kb_files (id) ON DELETE CASCADE,
    part    integer NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (file_id, part)
);
ALTER TABLE kb_file_parts ALTER COLUMN data SET STORAGE EXTERNAL;

-- Which versions show which files. Versions are never changed, so neither are these rows. There is no reference
-- to kb_files: an answer may name a file that is not there (yet).
CREATE TABLE kb_file_uses (
    file_id    uuid NOT NULL,
    site_id    integer NOT NULL,
    article_id text NOT NULL,
    locale     text NOT NULL,
    version    integer NOT NULL,
    PRIMARY KEY (file_id, site_id, article_id, locale, version),
    FOREIGN KEY (site_id, article_id, locale, version) REFERENCES kb_versions (site_id, article_id, locale, version) ON DELETE CASCADE
);

CREATE FUNCTION kb_note_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kb_file_uses (file_id, site_id, article_id, locale, version)
    SELECT DISTINCT hit[1]::uuid, NEW.site_id, NEW.article_id, NEW.locale, NEW.version
      FROM regexp_matches(NEW.answer, '/kb-files/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})', 'g') hit;
    RETURN NULL;
END $$;
CREATE TRIGGER kb_versions_note_files AFTER INSERT ON kb_versions
    FOR EACH ROW WHEN (position('/kb-files/' IN NEW.answer) > 0) EXECUTE FUNCTION kb_note_files();
