"""The tables of the instrument's store, and how each earlier format is brought forward."""

SCHEMA_VERSION = 5

SCHEMA = """
CREATE TABLE message (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of keeping, and of sending within a patient's series
    message_id     TEXT NOT NULL UNIQUE,
    channel        TEXT NOT NULL CHECK (channel IN ('capture', 'change', 'visit', 'review')),
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    site           TEXT,                              -- NULL of a whole visit
    picture_sha256 TEXT REFERENCES picture (sha256),  -- of a capture
    payload        BLOB NOT NULL,                     -- the message, byte for byte as it travels each time
    content_sha256 TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'received', 'refused', 'withdrawn')),
    reason         TEXT,                              -- the clinic's, of a refusal
    decided_at     TEXT,                              -- by the clinic's receipt; NULL until there is one
    compare_from   REAL,                              -- of a capture: when to compare it (Unix time); NULL for never
    CHECK ((channel = 'capture') = (picture_sha256 IS NOT NULL)),
    CHECK (channel = 'capture' OR (state <> 'held' AND compare_from IS NULL))
) STRICT;
CREATE INDEX message_waiting ON message (sequence) WHERE state = 'waiting';
CREATE INDEX message_state ON message (state, channel);
CREATE INDEX message_visit ON message (patient_code, visit_number);
CREATE INDEX message_picture ON message (picture_sha256) WHERE picture_sha256 IS NOT NULL;
CREATE INDEX message_to_compare ON message (compare_from) WHERE compare_from IS NOT NULL;
CREATE TABLE decision (
    message_id TEXT NOT NULL REFERENCES message (message_id), -- what the clinic had refused
    event      TEXT NOT NULL,                                 -- what a person decided
    by         TEXT NOT NULL,
    note       TEXT NOT NULL,
    at         TEXT NOT NULL
) STRICT;
CREATE TABLE picture (
    sha256      TEXT PRIMARY KEY,
    media_type  TEXT NOT NULL,
    size_bytes  INTEGER NOT NULL,
    received_at TEXT,                                 -- when the collector said it holds it; NULL until then
    trouble     TEXT                                  -- why the last try failed; NULL of none
) STRICT;
CREATE INDEX picture_waiting ON picture (sha256) WHERE received_at IS NULL;
CREATE TABLE connection (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,      -- counts connections to the broker over the store's life
    opened_at TEXT NOT NULL
) STRICT;
CREATE TABLE ask (
    about      TEXT PRIMARY KEY,                      -- patient, visit and site: asked once at a time
    message_id TEXT NOT NULL UNIQUE,
    payload    BLOB NOT NULL,
    until      REAL NOT NULL,                         -- when nobody waits for the answer any more (Unix time)
    trouble    TEXT                                   -- why no answer will come, once that is known
) STRICT;
CREATE TABLE appointment (                            -- a visit as the chair page takes it
    patient_code TEXT NOT NULL,
    visit_number INTEGER NOT NULL,
    by           TEXT NOT NULL,                       -- who began it, or took it over
    opened_at    TEXT NOT NULL,
    ended_at     TEXT,                                -- NULL while it is open
    PRIMARY KEY (patient_code, visit_number)
) STRICT;
CREATE TABLE draft (
    capture_id TEXT PRIMARY KEY,                      -- whose corrections are not published yet
    edits      TEXT NOT NULL                          -- all of them, as JSON
) STRICT;
"""

#: From each earlier format to the next.
MIGRATIONS = {
    1: """
ALTER TABLE capture ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1));
DROP INDEX capture_waiting;
CREATE INDEX capture_waiting ON capture (sequence) WHERE outcome IS NULL AND held = 0;
CREATE INDEX capture_picture ON capture (picture_sha256);
""",
    # What was taken before there were comparisons is not compared by itself: compare_from stays NULL.
    2: """
CREATE TABLE message (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id     TEXT NOT NULL UNIQUE,
    channel        TEXT NOT NULL CHECK (channel IN ('capture', 'change', 'visit')),
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    site           TEXT,
    picture_sha256 TEXT REFERENCES picture (sha256),
    payload        BLOB NOT NULL,
    content_sha256 TEXT NOT NULL,
    outcome        TEXT CHECK (outcome IN ('stored', 'refused')),
    reason         TEXT,
    decided_at     TEXT,
    held           INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)),
    compare_from   REAL,
    CHECK ((channel = 'capture') = (picture_sha256 IS NOT NULL)),
    CHECK (channel = 'capture' OR (held = 0 AND compare_from IS NULL))
) STRICT;
INSERT INTO message (sequence, message_id, channel, patient_code, visit_number, site, picture_sha256, payload,
    content_sha256, outcome, reason, decided_at, held)
    SELECT sequence, message_id, 'capture', patient_code, visit_number, site, picture_sha256, payload,
        content_sha256, outcome, reason, decided_at, held FROM capture;
DROP TABLE capture;
CREATE INDEX message_waiting ON message (sequence) WHERE outcome IS NULL AND held = 0;
CREATE INDEX message_visit ON message (patient_code, visit_number);
CREATE INDEX message_picture ON message (picture_sha256) WHERE picture_sha256 IS NOT NULL;
CREATE INDEX message_to_compare ON message (compare_from) WHERE compare_from IS NOT NULL;
CREATE TABLE ask (
    about TEXT PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, payload BLOB NOT NULL, until REAL NOT NULL, trouble TEXT
) STRICT;
""",
    3: """
CREATE TABLE message_of_4 (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id     TEXT NOT NULL UNIQUE,
    channel        TEXT NOT NULL CHECK (channel IN ('capture', 'change', 'visit')),
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    site           TEXT,
    picture_sha256 TEXT REFERENCES picture (sha256),
    payload        BLOB NOT NULL,
    content_sha256 TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'received', 'refused', 'withdrawn')),
    reason         TEXT,
    decided_at     TEXT,
    compare_from   REAL,
    CHECK ((channel = 'capture') = (picture_sha256 IS NOT NULL)),
    CHECK (channel = 'capture' OR (state <> 'held' AND compare_from IS NULL))
) STRICT;
INSERT INTO message_of_4 SELECT sequence, message_id, channel, patient_code, visit_number, site, picture_sha256,
    payload, content_sha256,
    CASE WHEN held = 1 THEN 'held' WHEN outcome = 'stored' THEN 'received' ELSE coalesce(outcome, 'waiting') END,
    reason, decided_at, compare_from FROM message;
DROP TABLE message;
ALTER TABLE message_of_4 RENAME TO message;
CREATE INDEX message_waiting ON message (sequence) WHERE state = 'waiting';
CREATE INDEX message_state ON message (state, channel);
CREATE INDEX message_visit ON message (patient_code, visit_number);
CREATE INDEX message_picture ON message (picture_sha256) WHERE picture_sha256 IS NOT NULL;
CREATE INDEX message_to_compare ON message (compare_from) WHERE compare_from IS NOT NULL;
CREATE TABLE decision (
    message_id TEXT NOT NULL REFERENCES message (message_id), event TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
ALTER TABLE picture ADD COLUMN trouble TEXT;
""",
    4: """
CREATE TABLE message_of_5 (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id     TEXT NOT NULL UNIQUE,
    channel        TEXT NOT NULL CHECK (channel IN ('capture', 'change', 'visit', 'review')),
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    site           TEXT,
    picture_sha256 TEXT REFERENCES picture (sha256),
    payload        BLOB NOT NULL,
    content_sha256 TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'received', 'refused', 'withdrawn')),
    reason         TEXT,
    decided_at     TEXT,
    compare_from   REAL,
    CHECK ((channel = 'capture') = (picture_sha256 IS NOT NULL)),
    CHECK (channel = 'capture' OR (state <> 'held' AND compare_from IS NULL))
) STRICT;
INSERT INTO message_of_5 SELECT sequence, message_id, channel, patient_code, visit_number, site, picture_sha256,
    payload, content_sha256, state, reason, decided_at, compare_from FROM message;
CREATE TABLE decision_of_5 AS SELECT * FROM decision;
DROP TABLE decision;
DROP TABLE message;
ALTER TABLE message_of_5 RENAME TO message;
CREATE INDEX message_waiting ON message (sequence) WHERE state = 'waiting';
CREATE INDEX message_state ON message (state, channel);
CREATE INDEX message_visit ON message (patient_code, visit_number);
CREATE INDEX message_picture ON message (picture_sha256) WHERE picture_sha256 IS NOT NULL;
CREATE INDEX message_to_compare ON message (compare_from) WHERE compare_from IS NOT NULL;
CREATE TABLE decision (
    message_id TEXT NOT NULL REFERENCES message (message_id), event TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
INSERT INTO decision SELECT message_id, event, by, note, at FROM decision_of_5;
DROP TABLE decision_of_5;
CREATE TABLE appointment (
    patient_code TEXT NOT NULL, visit_number INTEGER NOT NULL, by TEXT NOT NULL, opened_at TEXT NOT NULL, ended_at TEXT,
    PRIMARY KEY (patient_code, visit_number)
) STRICT;
CREATE TABLE draft (capture_id TEXT PRIMARY KEY, edits TEXT NOT NULL) STRICT;
""",
}
