-- What instruments say beyond captures: what changed between two of them, and how a visit went.

CREATE TABLE comparisons (
    message_id     TEXT PRIMARY KEY,
    content_sha256 TEXT NOT NULL,
    clinic_id      TEXT NOT NULL,
    device_id      TEXT NOT NULL,
    patient_code   TEXT NOT NULL,
    site           TEXT NOT NULL,
    received_at    TEXT NOT NULL,
    payload        BLOB NOT NULL
) STRICT;

CREATE INDEX comparisons_of_site ON comparisons (patient_code, site);

CREATE TRIGGER comparison_never_changes BEFORE UPDATE ON comparisons
BEGIN SELECT RAISE (ABORT, 'a stored comparison is never changed'); END;

CREATE TRIGGER comparison_never_goes BEFORE DELETE ON comparisons
BEGIN SELECT RAISE (ABORT, 'a stored comparison is never deleted'); END;

CREATE TABLE visits (
    message_id     TEXT PRIMARY KEY,
    content_sha256 TEXT NOT NULL,
    clinic_id      TEXT NOT NULL,
    device_id      TEXT NOT NULL,
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    received_at    TEXT NOT NULL,
    payload        BLOB NOT NULL
) STRICT;

CREATE INDEX visits_of_patient ON visits (patient_code, visit_number);

CREATE TRIGGER visit_never_changes BEFORE UPDATE ON visits
BEGIN SELECT RAISE (ABORT, 'a stored visit is never changed'); END;

CREATE TRIGGER visit_never_goes BEFORE DELETE ON visits
BEGIN SELECT RAISE (ABORT, 'a stored visit is never deleted'); END;

CREATE INDEX captures_of_site ON captures (patient_code, site);

PRAGMA user_version = 2;
