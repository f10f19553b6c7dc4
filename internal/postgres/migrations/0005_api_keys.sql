-- Keys of programs. hash is the SHA-256 of the secret: a copy of this table lets nobody in.

CREATE TABLE api_keys (
    id                  uuid PRIMARY KEY,
    site_id             integer NOT NULL REFERENCES sites (id),
    name                text NOT NULL CONSTRAINT api_keys_name CHECK (name <> ''),
    hash                bytea NOT NULL CONSTRAINT api_keys_hash_unique UNIQUE CONSTRAINT api_keys_hash_sha256 CHECK (octet_length(hash) = 32),
    prefix              text NOT NULL,
    permissions         text[] NOT NULL CONSTRAINT api_keys_permissions CHECK (cardinality(permissions) > 0),
    requests_per_minute integer NOT NULL DEFAULT 0 CONSTRAINT api_keys_requests CHECK (requests_per_minute >= 0), -- 0 = the server's limit
    tokens_per_minute   integer NOT NULL DEFAULT 0 CONSTRAINT api_keys_tokens CHECK (tokens_per_minute >= 0),
    created_by          text NOT NULL,
    created_at          timestamptz NOT NULL,
    expires_at          timestamptz CONSTRAINT api_keys_expiry CHECK (expires_at > created_at),
    last_used_at        timestamptz,
    revoked_at          timestamptz
);
CREATE INDEX api_keys_site ON api_keys (site_id, created_at DESC);
