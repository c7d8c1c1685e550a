"""The instrument's memory: captures and their pictures, whole or not there.

SQLite in WAL mode with ``synchronous=FULL`` (a commit survives the power cut that follows it), pictures as files named
by their digest, written before the row that names them. The command that captures and the service that delivers are
two processes that meet only here.

A capture that the gate refused is kept and *held*: it travels only once a person has released it with a note.
"""

import fcntl
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from contract import Capture, Forced, Picture, content_sha256
from groundwork.durable_file import write_durably

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE capture (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of taking, and of sending
    message_id     TEXT NOT NULL UNIQUE,
    patient_code   TEXT NOT NULL,
    visit_number   INTEGER NOT NULL,
    site           TEXT NOT NULL,
    picture_sha256 TEXT NOT NULL REFERENCES picture (sha256),
    payload        BLOB NOT NULL,                     -- the message, byte for byte as it travels each time
    content_sha256 TEXT NOT NULL,
    outcome        TEXT CHECK (outcome IN ('stored', 'refused')), -- from the receipt; NULL until there is one
    reason         TEXT,
    decided_at     TEXT,
    held           INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1)) -- refused by the gate, and released by nobody yet
) STRICT;
CREATE INDEX capture_waiting ON capture (sequence) WHERE outcome IS NULL AND held = 0;
CREATE INDEX capture_visit ON capture (patient_code, visit_number);
CREATE INDEX capture_picture ON capture (picture_sha256);
CREATE TABLE picture (
    sha256      TEXT PRIMARY KEY,
    media_type  TEXT NOT NULL,
    size_bytes  INTEGER NOT NULL,
    received_at TEXT                                  -- when the collector said it holds it; NULL until then
) STRICT;
CREATE INDEX picture_waiting ON picture (sha256) WHERE received_at IS NULL;
CREATE TABLE connection (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,      -- counts connections to the broker over the store's life
    opened_at TEXT NOT NULL
) STRICT;
"""

#: From each earlier format to the next.
_MIGRATIONS = {
    1: """
ALTER TABLE capture ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held IN (0, 1));
DROP INDEX capture_waiting;
CREATE INDEX capture_waiting ON capture (sequence) WHERE outcome IS NULL AND held = 0;
CREATE INDEX capture_picture ON capture (picture_sha256);
""",
}


class NoSuchCapture(LookupError):
    """The store holds no such capture for the purpose; the message says what to do."""


class StoreUnusable(RuntimeError):
    """The store cannot be opened or written; the message says what to do."""


class Store:
    """One connection to the instrument's memory; each thread opens its own.

    Parameters
    ----------
    folder
        The state folder; made, with its database, where it is not there.

    Raises
    ------
    StoreUnusable
        If the folder cannot be written, the file is no database, or another release wrote it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with ExitStack() as on_failure:
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                (folder / "pictures").mkdir(exist_ok=True, mode=0o700)
                # autocommit: transactions are begun and ended by hand, where they can be seen
                self.connection = sqlite3.connect(folder / "device.sqlite3", isolation_level=None, timeout=10)
                on_failure.callback(self.connection.close)
                self.connection.execute("PRAGMA synchronous = FULL")
                self.connection.execute("PRAGMA foreign_keys = ON")
                with (folder / "opening.lock").open("w") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)  # the change to WAL does not wait for another who makes it
                    self.connection.execute("PRAGMA journal_mode = WAL")
                    self._prepare_schema()
            except (OSError, sqlite3.Error) as error:
                raise StoreUnusable(
                    f"The store in {folder} cannot be opened ({error}). Check that the folder is writable and the disk"
                    " is sound."
                ) from error
            on_failure.pop_all()

    def _prepare_schema(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        known = version <= SCHEMA_VERSION
        if known:
            for script in [_SCHEMA] if version == 0 else [_MIGRATIONS[old] for old in range(version, SCHEMA_VERSION)]:
                for statement in script.split(";\n"):
                    self.connection.execute(statement)
            self.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self.connection.execute("COMMIT")
        if not known:
            raise StoreUnusable(
                f"The store in {self.folder} has format {version}, this release reads up to {SCHEMA_VERSION}. Install "
                "the release that wrote it."
            )

    def close(self) -> None:
        """Close this connection."""
        self.connection.close()

    def picture_path(self, sha256: str) -> Path:
        """Return where the picture of that digest lies."""
        return self.folder / "pictures" / sha256

    def keep(
        self, picture: Picture, content: bytes, compose: Callable[[int], Capture], *, held: bool = False
    ) -> Capture:
        """Keep one capture: picture file, picture row and capture row, or nothing.

        Parameters
        ----------
        picture, content
            The picture's name and its bytes.
        compose
            Makes the message once its sequence number is known.
        held
            Keep it from travelling until `release`.

        Returns
        -------
        Capture
            The message as it will travel.

        Raises
        ------
        StoreUnusable
            If the disk refuses; nothing is kept then, and the picture must be taken again.
        """
        try:
            if not self.picture_path(picture.sha256).exists():
                write_durably(self.picture_path(picture.sha256), content, mode=0o600)
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                capture = self._insert(picture, compose, held)
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # a full disk may have rolled back by itself already
                    self.connection.execute("ROLLBACK")
                raise
        except (OSError, sqlite3.Error) as error:
            raise StoreUnusable(
                f"The capture could not be kept ({error}). Free space on the disk of {self.folder} and take it again."
            ) from error
        return capture

    def _insert(self, picture: Picture, compose: Callable[[int], Capture], held: bool) -> Capture:
        self.connection.execute(
            "INSERT INTO picture (sha256, media_type, size_bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (picture.sha256, picture.media_type, picture.size_bytes),
        )
        (last,) = self.connection.execute("SELECT coalesce(max(sequence), 0) FROM capture").fetchone()
        capture = compose(last + 1)
        payload = capture.encode()
        self.connection.execute(
            "INSERT INTO capture (sequence, message_id, patient_code, visit_number, site, picture_sha256, payload,"
            " content_sha256, held) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                capture.sequence,
                str(capture.message_id),
                capture.patient_code,
                capture.visit_number,
                capture.site,
                picture.sha256,
                payload,
                content_sha256(payload),
                held,
            ),
        )
        return capture

    def release(self, message_id: UUID, forced: Forced) -> Capture:
        """Let a held capture travel, with the word of the person who decided it.

        Parameters
        ----------
        message_id
            Of the capture.
        forced
            Who, why and when; it travels with the figures.

        Raises
        ------
        NoSuchCapture
            If no capture of that id is held.
        """
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            row = self.connection.execute(
                "SELECT payload FROM capture WHERE message_id = ? AND held = 1", (str(message_id),)
            ).fetchone()
            if row is None:
                raise NoSuchCapture(
                    f"No refused capture {message_id} waits for a decision. `trichoscope refused` lists those that do."
                )
            kept = Capture.model_validate_json(row[0])
            capture = kept.model_copy(update={"quality": kept.quality.model_copy(update={"forced": forced})})
            payload = capture.encode()
            self.connection.execute(
                "UPDATE capture SET payload = ?, content_sha256 = ?, held = 0 WHERE message_id = ?",
                (payload, content_sha256(payload), str(message_id)),
            )
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        return capture

    def held(self) -> list[Capture]:
        """Return the captures that the gate refused and nobody has released, oldest first."""
        rows = self.connection.execute("SELECT payload FROM capture WHERE held = 1 ORDER BY sequence")
        return [Capture.model_validate_json(payload) for (payload,) in rows]

    def visit(self, patient_code: str, visit_number: int) -> list[Capture]:
        """Return the captures of one visit in the order they were taken."""
        rows = self.connection.execute(
            "SELECT payload FROM capture WHERE patient_code = ? AND visit_number = ? ORDER BY sequence",
            (patient_code, visit_number),
        )
        return [Capture.model_validate_json(payload) for (payload,) in rows]
