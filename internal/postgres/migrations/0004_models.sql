-- Which model serves each task, the switches from one to another, and who has followed. docs/adr/0004-model-switch.md
-- says why a switch is what it is.

-- One row a task. A publish holds the lock of query/model_read_lock.sql while the row of 'embed' counts for it; a switch
-- holds it alone (query/model_switch_lock.sql) while it changes the row. So no article is published for the wrong model.
CREATE TABLE model_uses (
    task        text PRIMARY KEY CONSTRAINT model_uses_task CHECK (task IN ('embed', 'rerank', 'classify')),
    name        text NOT NULL DEFAULT '', -- of the bundle; '' = nobody has chosen: the bundled encoder, or none
    version     text NOT NULL DEFAULT '',
    fingerprint text NOT NULL DEFAULT '',
    former      text NOT NULL DEFAULT '',  -- fingerprint before the last switch: the way back
    generation  bigint NOT NULL DEFAULT 0, -- counts the switches
    switched_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO model_uses (task) VALUES ('embed'), ('rerank'), ('classify');
-- What the release before embedded with stays in use, until a server says otherwise.
UPDATE model_uses SET fingerprint = coalesce((
    SELECT m.fingerprint FROM kb_models m JOIN kb_embeddings e ON e.model_id = m.id
    GROUP BY m.id ORDER BY count(*) DESC, m.id DESC LIMIT 1), '')
WHERE task = 'embed';

-- The wishes for another model, kept as a record.
CREATE TABLE model_switches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task        text NOT NULL REFERENCES model_uses (task),
    name        text NOT NULL CONSTRAINT model_switches_name CHECK (name <> ''),
    version     text NOT NULL,
    fingerprint text NOT NULL CONSTRAINT model_switches_fingerprint CHECK (fingerprint <> ''),
    state       text NOT NULL DEFAULT 'wanted' CONSTRAINT model_switches_state
                CHECK (state IN ('wanted', 'embedding', 'waiting', 'done', 'failed', 'superseded')),
    done        integer NOT NULL DEFAULT 0, -- variants that have a vector of the model
    total       integer NOT NULL DEFAULT 0,
    error       text NOT NULL DEFAULT '',   -- why it failed, or what it waits for
    worker      uuid,                       -- the node that does the work, while its lease lasts
    lease_until timestamptz,
    asked_at    timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT model_switches_progress CHECK (done >= 0 AND done <= total)
);
-- The newest wish of a task is the only open one.
CREATE UNIQUE INDEX model_switches_open ON model_switches (task) WHERE state IN ('wanted', 'embedding', 'waiting');

-- The servers that are up and what they answer with. A row whose lease has run out counts for nothing.
CREATE TABLE model_nodes (
    id          uuid PRIMARY KEY,
    host        text NOT NULL,
    fingerprint text NOT NULL, -- of the encoder it answers with
    lease_until timestamptz NOT NULL
);

-- Which node has loaded and proven the model of an open switch, or why it cannot.
CREATE TABLE model_reports (
    switch_id bigint NOT NULL REFERENCES model_switches (id) ON DELETE CASCADE,
    node      uuid NOT NULL REFERENCES model_nodes (id) ON DELETE CASCADE,
    error     text NOT NULL DEFAULT '', -- '' = ready
    PRIMARY KEY (switch_id, node)
);

-- The confidence is fitted to a knowledge base as one model sees it: it goes live and away with that model.
CREATE TABLE kb_calibrations (
    site_id     integer NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    model_id    smallint NOT NULL REFERENCES kb_models (id) ON DELETE CASCADE,
    calibration jsonb NOT NULL,
    PRIMARY KEY (site_id, model_id)
);
INSERT INTO kb_calibrations (site_id, model_id, calibration)
SELECT k.site_id, m.id, k.calibration
FROM kb_epochs k, kb_models m, model_uses u
WHERE k.calibration IS NOT NULL AND u.task = 'embed' AND m.fingerprint = u.fingerprint;
ALTER TABLE kb_epochs DROP COLUMN calibration;

-- No index on kb_embeddings.model_id: while two models have vectors, passing over the other's rows costs less than the
-- index does (10,000 variants, 256 values: 9.5 ms against 13.4 ms at the tenth percentile on a busy machine).
