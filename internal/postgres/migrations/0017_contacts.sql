-- Contacts: who they are, where they are, what is known of them, and who is kept out.

ALTER TABLE contacts
    ADD COLUMN phone         text NOT NULL DEFAULT '',
    ADD COLUMN identified_at timestamptz, -- the site vouched for them, by a signed token; NULL = anonymous
    -- The contact that staff sees them as, never one that is itself merged. Its own conversations stay its own
    -- unless left_at is set: then they have moved there and its tokens are no longer good.
    ADD COLUMN merged_into   uuid REFERENCES contacts (id) ON DELETE SET NULL,
    ADD COLUMN left_at       timestamptz,
    ADD COLUMN attributes    jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN page_url      text NOT NULL DEFAULT '',
    ADD COLUMN page_title    text NOT NULL DEFAULT '',
    ADD COLUMN referrer      text NOT NULL DEFAULT '',
    ADD COLUMN user_agent    text NOT NULL DEFAULT '',
    ADD COLUMN time_zone     text NOT NULL DEFAULT '',
    ADD COLUMN address       cidr, -- as limits count by: an IPv4 address, an IPv6 /64; NULL = not known
    ADD COLUMN visits        integer NOT NULL DEFAULT 1 CONSTRAINT contacts_visits CHECK (visits >= 0),
    ADD COLUMN seen_at       timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN spam          real NOT NULL DEFAULT 0 CONSTRAINT contacts_spam CHECK (spam BETWEEN 0 AND 1),
    ADD COLUMN spam_reasons  jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN spam_cleared  boolean NOT NULL DEFAULT false, -- a person said that it is none: it is not scored again
    ADD COLUMN version       integer NOT NULL DEFAULT 1,
    ADD CONSTRAINT contacts_not_itself CHECK (merged_into <> id);
UPDATE contacts SET seen_at = created_at;
CREATE INDEX contacts_seen ON contacts (site_id, seen_at DESC, id DESC) WHERE merged_into IS NULL;
CREATE INDEX contacts_merged_into ON contacts (merged_into) WHERE merged_into IS NOT NULL;
-- E-mail domains from their end, so that a domain and all below it are one range: for the block list.
CREATE INDEX contacts_domain ON contacts (site_id, reverse(lower(split_part(email, '@', 2))) text_pattern_ops) WHERE email <> '';

-- What a site calls its customers: proven by a token that the site signed, never by what somebody types.
CREATE TABLE contact_identities (
    site_id    integer NOT NULL REFERENCES sites (id),
    kind       text NOT NULL CONSTRAINT contact_identities_kind CHECK (kind IN ('id', 'email')),
    value      text NOT NULL CONSTRAINT contact_identities_value CHECK (value <> ''),
    contact_id uuid NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, kind, value)
);
CREATE INDEX contact_identities_contact ON contact_identities (contact_id);

-- The secret that a site signs those tokens with. The one before it is good for a day, so that a change interrupts nobody.
CREATE TABLE site_identity (
    site_id        integer PRIMARY KEY REFERENCES sites (id),
    secret         text NOT NULL,
    previous       text NOT NULL DEFAULT '',
    previous_until timestamptz,
    made_at        timestamptz NOT NULL DEFAULT now(),
    made_by        text NOT NULL DEFAULT ''
);

-- The attributes that a site keeps about its contacts. The values stand in contacts.attributes.
CREATE TABLE contact_attributes (
    site_id  integer NOT NULL REFERENCES sites (id),
    key      text NOT NULL CONSTRAINT contact_attributes_key CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    label_en text NOT NULL DEFAULT '',
    label_zh text NOT NULL DEFAULT '',
    type     text NOT NULL CONSTRAINT contact_attributes_type CHECK (type IN ('text', 'number', 'boolean', 'date', 'choice', 'link')),
    options  text[] NOT NULL DEFAULT '{}',
    from_page boolean NOT NULL DEFAULT false, -- the page may set it without a signature
    position integer NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, key)
);

-- Who may not write. A lifted or expired entry stays as history.
CREATE TABLE contact_blocks (
    id         uuid PRIMARY KEY,
    site_id    integer NOT NULL REFERENCES sites (id),
    kind       text NOT NULL CONSTRAINT contact_blocks_kind CHECK (kind IN ('contact', 'address', 'email_domain')),
    contact_id uuid REFERENCES contacts (id) ON DELETE CASCADE,
    prefix     cidr,
    domain     text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator    text NOT NULL DEFAULT '', -- their name then
    expires_at timestamptz,
    lifted_at  timestamptz,
    lifter     text NOT NULL DEFAULT '',
    CONSTRAINT contact_blocks_what CHECK ((kind = 'contact') = (contact_id IS NOT NULL) AND (kind = 'address') = (prefix IS NOT NULL) AND (kind = 'email_domain') = (domain <> ''))
);
CREATE INDEX contact_blocks_live ON contact_blocks (site_id, created_at DESC) WHERE lifted_at IS NULL;
CREATE INDEX contact_blocks_contact ON contact_blocks (contact_id) WHERE contact_id IS NOT NULL;

-- One open conversation a visitor is their current one. A merge can bring another that is open too: it stays open,
-- aside, until it is resolved.
ALTER TABLE conversations ADD COLUMN aside boolean NOT NULL DEFAULT false;
DROP INDEX conversations_one_open;
CREATE UNIQUE INDEX conversations_one_open ON conversations (contact_id) WHERE status <> 'resolved' AND NOT aside;
