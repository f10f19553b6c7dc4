-- Sites, departments, people, sessions, settings, audit.

CREATE TABLE settings (
    key        text PRIMARY KEY,
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sites (
    id                 integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key                text NOT NULL CONSTRAINT sites_key_unique UNIQUE,
    name               text NOT NULL,
    locale             text NOT NULL CONSTRAINT sites_locale CHECK (locale IN ('zh-CN', 'en')),
    default_department integer,
    created_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE departments (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id    integer NOT NULL REFERENCES sites (id),
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT departments_name_unique UNIQUE (site_id, name)
);

ALTER TABLE sites ADD CONSTRAINT sites_default_department_fk FOREIGN KEY (default_department) REFERENCES departments (id);

CREATE TABLE users (
    id              uuid PRIMARY KEY,
    email           text NOT NULL CONSTRAINT users_email_lower CHECK (email = lower(email)),
    name            text NOT NULL,
    role            text NOT NULL CONSTRAINT users_role CHECK (role IN ('agent', 'admin')),
    locale          text NOT NULL DEFAULT 'en',
    all_departments boolean NOT NULL DEFAULT true,
    password_hash   text NOT NULL,
    disabled        boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_email_unique UNIQUE (email)
);

CREATE TABLE user_sites (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    site_id integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, site_id)
);

CREATE TABLE user_departments (
    user_id       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    department_id integer NOT NULL REFERENCES departments (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, department_id)
);

CREATE TABLE teams (
    id            uuid PRIMARY KEY,
    site_id       integer NOT NULL REFERENCES sites (id),
    department_id integer NOT NULL REFERENCES departments (id),
    name          text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT teams_name_unique UNIQUE (site_id, name)
);

CREATE TABLE team_members (
    team_id uuid NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (team_id, user_id)
);

-- scs sessions. token is the SHA-256 of the cookie's value: a copy of this table signs nobody in.
CREATE TABLE sessions (
    token  bytea PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

CREATE TABLE audit_log (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    actor   text NOT NULL,
    action  text NOT NULL,
    object  text NOT NULL DEFAULT '',
    detail  text NOT NULL DEFAULT '',
    site_id integer REFERENCES sites (id)
);
CREATE INDEX audit_log_at ON audit_log (at DESC);

-- One site, one department and one team exist from the beginning; the setup page and later issues rename and add.
INSERT INTO sites (key, name, locale) VALUES ('default', 'Default site', 'en');
INSERT INTO departments (site_id, name) SELECT id, 'Support' FROM sites;
UPDATE sites SET default_department = (SELECT min(id) FROM departments);
INSERT INTO teams (id, site_id, department_id, name) SELECT gen_random_uuid(), s.id, s.default_department, 'Support' FROM sites s;

-- Secrets and epochs made once for this database. log_epoch's nonce is rewritten by restore.
INSERT INTO settings (key, value) VALUES
    ('log_epoch_nonce', to_jsonb(gen_random_uuid()::text)),
    ('visitor_token_key', to_jsonb(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')));
