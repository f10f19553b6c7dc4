-- What is learnt from a site's articles when they are published: per model, a ranking head beside the confidence.

CREATE TABLE kb_heads (
    site_id  integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    model_id smallint NOT NULL REFERENCES kb_models (id) ON DELETE CASCADE,
    head     bytea NOT NULL CONSTRAINT kb_heads_head CHECK (octet_length(head) > 0), -- versioned, with a checksum
    PRIMARY KEY (site_id, model_id)
);
-- Numbers that hardly compress: no time is spent on trying.
ALTER TABLE kb_heads ALTER COLUMN head SET STORAGE EXTERNAL;

-- The confidence was fitted to rankings without a head, and its features are others now: the defaults serve until the
-- server has learnt anew, which it does at its start.
DELETE FROM kb_calibrations;
