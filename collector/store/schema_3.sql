-- Alarms: what was sent under the name of something else. The same one again is counted, not written again; of each
-- device the newest are kept, and the older ones counted, so that whoever sends them fills no disk.

CREATE TABLE alarms (
    kind         TEXT NOT NULL,
    device_id    TEXT NOT NULL, -- as its certificate or topic names it; '' where nobody is named
    subject      TEXT NOT NULL, -- the picture's or message's name that was claimed
    found_sha256 TEXT NOT NULL, -- of what came
    size_bytes   INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    first_at     TEXT NOT NULL,
    last_at      TEXT NOT NULL,
    times        INTEGER NOT NULL,
    PRIMARY KEY (kind, device_id, subject, found_sha256)
) STRICT;

CREATE INDEX alarms_of_device ON alarms (device_id, last_at);

CREATE TABLE alarms_dropped (
    device_id TEXT PRIMARY KEY,
    times     INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 3;
