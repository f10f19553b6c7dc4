-- Merges by hand that can be taken back, and searches of contacts with an end.

ALTER TABLE contacts
    -- The contact that it was merged into itself; merged_into is the last one on that way. NULL with a merged_into: that one.
    ADD COLUMN merged_via   uuid REFERENCES contacts (id) ON DELETE SET NULL,
    -- Of one merged by hand: its own name and address, and what the other took from it. Taken back, both are as before.
    ADD COLUMN before_merge jsonb;
UPDATE contacts SET merged_via = merged_into WHERE merged_into IS NOT NULL;
CREATE INDEX contacts_merged_via ON contacts (merged_via) WHERE merged_via IS NOT NULL;
-- Of all sites, last seen first.
CREATE INDEX contacts_seen_anywhere ON contacts (seen_at DESC, id DESC) WHERE merged_into IS NULL;
-- The domain is what stands after the last @: the part before it may hold one in quotes (RFC 5321, section 4.1.2).
DROP INDEX contacts_domain;
CREATE INDEX contacts_domain ON contacts (site_id, reverse(lower(split_part(email, '@', -1))) text_pattern_ops) WHERE email <> '';
