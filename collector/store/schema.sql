-- One clinic's captures, as they travelled. Times are UTC in ISO 8601, so that their order is that of the text.

CREATE TABLE captures (
    message_id     TEXT PRIMARY KEY,
    content_sha256 TEXT NOT NULL,
    clinic_id      TEXT NOT NULL,
    device_id      TEXT NOT NULL,
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    site           TEXT NOT NULL,
    taken_at       TEXT NOT NULL,
    received_at    TEXT NOT NULL,
    payload        BLOB NOT NULL
) STRICT;

CREATE INDEX captures_of_patient ON captures (patient_code, visit_number, taken_at);

CREATE TRIGGER capture_never_changes BEFORE UPDATE ON captures
BEGIN SELECT RAISE (ABORT, 'a stored capture is never changed'); END;

CREATE TRIGGER capture_never_goes BEFORE DELETE ON captures
BEGIN SELECT RAISE (ABORT, 'a stored capture is never deleted'); END;

-- The same bytes on the same topic are kept once: an instrument sends again until it has a receipt.
CREATE TABLE quarantine (
    topic          TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    reason         TEXT NOT NULL,
    received_at    TEXT NOT NULL,
    payload        BLOB NOT NULL,
    PRIMARY KEY (topic, content_sha256)
) STRICT;

-- The newest status and health of each device; NULL until the first of its kind.
CREATE TABLE devices (
    device_id TEXT PRIMARY KEY,
    seen_at   TEXT NOT NULL,
    status    TEXT,
    health    TEXT
) STRICT;

PRAGMA user_version = 1;
