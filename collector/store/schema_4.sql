-- What people said of captures, each word kept; and the lists of days, of which the newest is what holds.

CREATE TABLE reviews (
    message_id     TEXT PRIMARY KEY,
    content_sha256 TEXT NOT NULL,
    clinic_id      TEXT NOT NULL,
    device_id      TEXT NOT NULL,
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    site           TEXT NOT NULL,
    capture_id     TEXT NOT NULL, -- of a capture that may come later, or never
    sequence       INTEGER NOT NULL,
    received_at    TEXT NOT NULL,
    payload        BLOB NOT NULL
) STRICT;

CREATE INDEX reviews_of_capture ON reviews (capture_id);

CREATE INDEX reviews_of_site ON reviews (patient_code, site);

CREATE TRIGGER review_never_changes BEFORE UPDATE ON reviews
BEGIN SELECT RAISE (ABORT, 'a stored review is never changed'); END;

CREATE TRIGGER review_never_goes BEFORE DELETE ON reviews
BEGIN SELECT RAISE (ABORT, 'a stored review is never deleted'); END;

-- Appointments are no record of what was done: a later list takes an earlier one's place, and days that are over go.
CREATE TABLE day_lists (
    device_id TEXT NOT NULL,
    day       TEXT NOT NULL,
    payload   BLOB NOT NULL,
    PRIMARY KEY (device_id, day)
) STRICT;

PRAGMA user_version = 4;
