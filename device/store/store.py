"""The instrument's memory: what is to reach the clinic and the captures' pictures, whole or not there.

SQLite in WAL mode with ``synchronous=FULL`` (a commit survives the power cut that follows it), pictures as files named
by their digest, written before the row that names them. The command that captures and the service that delivers are
two processes that meet only here: captures, comparisons, visits and reviews go one way through it, what is asked of the
clinic (:mod:`device.baseline`) both.

A capture that the gate refused is kept and *held*: it travels only once a person has released it with a note. A
capture of a later visit is *to be compared* until a comparison of it is kept, or there is nothing to compare it with.
"""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from contract import (
    MAX_MESSAGE_BYTES,
    Capture,
    Channel,
    Comparison,
    Picture,
    Review,
    Visit,
    content_sha256,
)
from device.store.failures import cure
from device.store.pictures import KeptPictures
from device.store.schema import MIGRATIONS, SCHEMA, SCHEMA_VERSION

#: The chair compares a capture as it takes it; what is not compared by then was not to be had, and is compared later.
_COMPARED_AT_THE_CHAIR_WITHIN = timedelta(minutes=10)
_NOTHING_IS_PUT_OFF_LONGER = timedelta(days=2)

_KeptT = TypeVar("_KeptT", Comparison, Visit, Review)


class NoSuchMessage(LookupError):
    """The store holds no such message for the purpose; the message says what to do."""


class MessageTooLong(ValueError):
    """A message is longer than may travel; nothing is kept."""


class StoreUnusable(RuntimeError):
    """The store cannot be opened or written; the message says what to do."""


class Store:
    """One connection to the instrument's memory; each thread opens its own.

    Parameters
    ----------
    folder
        The state folder; made, with its database, where it is not there.
    picture_key
        File of the key that pictures are sealed with on this disk; None keeps them as they are.

    Raises
    ------
    StoreUnusable
        If the folder cannot be written, the file is no database, or another release wrote it.
    """

    def __init__(self, folder: Path, picture_key: Path | None = None) -> None:
        self.folder = folder
        self.pictures = KeptPictures(folder / "pictures", picture_key)
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
                    f"The store in {folder} cannot be opened ({error}). {cure(error, folder)}"
                ) from error
            on_failure.pop_all()

    def _prepare_schema(self) -> None:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA_VERSION:
            return
        self.connection.execute("BEGIN IMMEDIATE")
        known = version <= SCHEMA_VERSION
        if known:
            for script in [SCHEMA] if version == 0 else [MIGRATIONS[old] for old in range(version, SCHEMA_VERSION)]:
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
        """Return where the file of the picture of that digest lies, which may be sealed: :meth:`read_picture` opens."""
        return self.pictures.path(sha256)

    def read_picture(self, sha256: str) -> bytes:
        """Return the bytes of a kept picture.

        Raises
        ------
        PictureDamaged
            If its file is gone, cannot be read, or is not what was kept.
        PictureKeyUnusable
            If it is sealed, and the key is missing or another one.
        """
        return self.pictures.read(sha256)

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
            Keep it from travelling until a person releases it.

        Returns
        -------
        Capture
            The message as it will travel.

        Raises
        ------
        StoreUnusable
            If the disk refuses; nothing is kept then, and the picture must be taken again.
        PictureKeyUnusable
            If pictures are to be sealed, and the key cannot be used; nothing is kept then.
        """
        try:
            self.pictures.keep(picture.sha256, content)
            with self.transaction():
                self.connection.execute(
                    "INSERT INTO picture (sha256, media_type, size_bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    (picture.sha256, picture.media_type, picture.size_bytes),
                )
                capture = compose(self._next_sequence())
                self._insert(capture, held)
        except (OSError, sqlite3.Error) as error:
            raise StoreUnusable(
                f"The capture could not be kept ({error}). {cure(error, self.folder)} Then take it again."
            ) from error
        return capture

    def keep_message(self, compose: Callable[[int], _KeptT]) -> _KeptT:
        """Keep a comparison, a visit or a review for the clinic.

        What a comparison compares is not to be compared any more.

        Parameters
        ----------
        compose
            Makes the message once its sequence number is known.

        Returns
        -------
        contract.Comparison, contract.Visit or contract.Review
            The message as it will travel.

        Raises
        ------
        MessageTooLong
            If it is longer than may travel.
        StoreUnusable
            If the disk refuses; nothing is kept then.
        """
        try:
            with self.transaction():
                message = compose(self._next_sequence())
                self._insert(message)
                if isinstance(message, Comparison):
                    self._compare_from(message.followup.message_id, None)
        except sqlite3.Error as error:
            raise StoreUnusable(
                f"What was worked out could not be kept ({error}). {cure(error, self.folder)}"
            ) from error
        return message

    @contextmanager
    def together(self) -> Iterator[None]:
        """Read, and write what follows from it, while nobody else writes: all of it or nothing.

        Raises
        ------
        StoreUnusable
            If the disk refuses; nothing is kept then.
        """
        try:
            with self.transaction():
                yield
        except sqlite3.Error as error:
            raise StoreUnusable(f"It could not be kept ({error}). {cure(error, self.folder)}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that the block writes, or nothing; within another one it is part of that."""
        within_another = self.connection.in_transaction
        if within_another:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # a full disk may have rolled back by itself already
                self.connection.execute("ROLLBACK")
            raise

    def _next_sequence(self) -> int:
        (last,) = self.connection.execute("SELECT coalesce(max(sequence), 0) FROM message").fetchone()
        return int(last) + 1

    def _insert(self, message: Capture | Comparison | Visit | Review, held: bool = False) -> None:
        payload = message.encode()
        if len(payload) > MAX_MESSAGE_BYTES:
            raise MessageTooLong(
                f"A message on {_channel(message)!r} has {len(payload)} bytes and {MAX_MESSAGE_BYTES} may travel."
            )
        followup = isinstance(message, Capture) and message.visit_number > 1
        compare_from = message.created_at + _COMPARED_AT_THE_CHAIR_WITHIN
        self.connection.execute(
            "INSERT INTO message (sequence, message_id, channel, patient_code, visit_number, site, picture_sha256,"
            " payload, content_sha256, state, compare_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                message.sequence,
                str(message.message_id),
                _channel(message),
                message.patient_code,
                message.followup.visit_number if isinstance(message, Comparison) else message.visit_number,
                None if isinstance(message, Visit) else message.site,
                message.picture.sha256 if isinstance(message, Capture) else None,
                payload,
                content_sha256(payload),
                "held" if held else "waiting",
                compare_from.timestamp() if followup else None,
            ),
        )

    def capture(self, message_id: UUID) -> Capture:
        """Return one capture.

        Raises
        ------
        NoSuchMessage
            If there is none of that id.
        """
        for capture in self._captures("message_id = ?", str(message_id)):
            return capture
        raise NoSuchMessage(f"This instrument holds no capture {message_id}. Check the id.")

    def held(self) -> list[Capture]:
        """Return the captures that the gate refused and nobody has released, oldest first."""
        return self._captures("state = 'held'")

    def visit(self, patient_code: str, visit_number: int) -> list[Capture]:
        """Return the captures of one visit in the order they were taken."""
        return self._captures("patient_code = ? AND visit_number = ?", patient_code, visit_number)

    def captures_of_site(self, patient_code: str, site: str) -> list[Capture]:
        """Return the captures of one patient's site in the order they were taken."""
        return self._captures("patient_code = ? AND site = ?", patient_code, site)

    def without_comparison(self, now: datetime) -> list[Capture]:
        """Return the captures of later visits that are to be compared by now, oldest first; held ones are not.

        One that is put off beyond all that anything is put off was kept under a clock that ran ahead: it is due.
        """
        return self._captures(
            "(compare_from <= ? OR compare_from > ?) AND state <> 'held'",
            now.timestamp(),
            (now + _NOTHING_IS_PUT_OFF_LONGER).timestamp(),
        )

    def put_off_comparison(self, message_id: UUID, until: datetime | None) -> None:
        """Compare a capture no sooner than then; with None, never."""
        self._compare_from(message_id, until)

    def _compare_from(self, message_id: UUID, moment: datetime | None) -> None:
        self.connection.execute(
            "UPDATE message SET compare_from = ? WHERE message_id = ? AND channel = 'capture'",
            (None if moment is None else moment.timestamp(), str(message_id)),
        )

    def _captures(self, condition: str, *values: str | float) -> list[Capture]:
        rows = self.connection.execute(
            f"SELECT payload FROM message WHERE channel = 'capture' AND {condition} ORDER BY sequence",  # noqa: S608
            values,
        )
        return [Capture.model_validate_json(payload) for (payload,) in rows]


def _channel(message: Capture | Comparison | Visit | Review) -> Channel:
    match message:
        case Capture():
            return Channel.CAPTURE
        case Comparison():
            return Channel.CHANGE
        case Visit():
            return Channel.VISIT
        case Review():
            return Channel.REVIEW
