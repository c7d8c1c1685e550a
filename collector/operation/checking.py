"""Everything that is kept looked through: the store, and the pictures that its captures name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collector.operation.progress import Progress, silent
from collector.pictures.pictures import PictureDamaged, Pictures
from collector.store import copying, soundness
from collector.store.database import Database
from collector.store.schema import newest
from collector.store.soundness import Finding
from collector.store.stored import StoreFailed

WAITED_FOR = timedelta(days=7)
"""A picture follows its figures within hours; one that has not come by then is missing."""


def check(
    database: Database, pictures: Pictures, *, picture_bytes: bool = True, progress: Progress = silent
) -> Iterator[Finding]:
    """Give what is not as it should be, as it is found; nothing is changed.

    Parameters
    ----------
    database, pictures
        Of the clinic.
    picture_bytes
        Whether every picture is read; else only whether it is there.
    progress
        Told how far it is.

    Raises
    ------
    collector.pictures.pictures.PicturesAway, OSError
        If the place of pictures cannot be reached.
    """
    try:
        with copying.snapshot(database) as connection:
            known = copying.format_told(connection)
            yield from soundness.database_findings(connection)
            if known != newest():
                yield Finding(
                    "format",
                    "the store",
                    f"It has the format {known}, this release the format {newest()}: no more was looked at.",
                    "Back up, then give 'trichoscope-collector migrate'.",
                )
                return
            yield from soundness.fact_findings(connection, lambda table, rows: progress(table, rows, None))
            yield from soundness.patient_findings(connection)
            yield from soundness.erasure_findings(connection)
            named = dict(_named(soundness.named_pictures(connection)))
    except StoreFailed as error:
        yield Finding(
            "database-unreadable",
            "the store",
            f"{error}.",
            "Check the disk; then restore the newest back-up that passes 'restore --verify'.",
        )
        return
    yield from _of_pictures(pictures, named, picture_bytes=picture_bytes, progress=progress)


def _named(named: Iterator[tuple[str, datetime]]) -> Iterator[tuple[bytes, datetime]]:
    return ((bytes.fromhex(sha256), received_at) for sha256, received_at in named)  # a quarter of the text's memory


def _of_pictures(
    pictures: Pictures, named: dict[bytes, datetime], *, picture_bytes: bool, progress: Progress
) -> Iterator[Finding]:
    for number, (sha256, _) in enumerate(pictures.listed(), start=1):
        if named.pop(bytes.fromhex(sha256), None) is None:
            yield Finding(
                "picture-without-capture",
                sha256,
                "No capture names it: its figures are still on their way, were refused, or are erased.",
                "Leave it: where it stays for weeks, look at its instrument's log of what was refused.",
                serious=False,
            )
        if picture_bytes and not _is_whole(pictures, sha256):
            yield Finding(
                "picture-damaged",
                sha256,
                "Its bytes are not those that its name says.",
                "Copy it from a back-up in its place; then check the disk.",
            )
        progress("pictures", number, None)
    now = datetime.now(UTC)
    for digest, received_at in named.items():
        missing = now - received_at > WAITED_FOR
        yield Finding(
            "picture-missing" if missing else "picture-awaited",
            digest.hex(),
            f"A capture that came on {received_at:%Y-%m-%d} names it, and it is not there.",
            "Look whether its instrument still holds it; else take it from a back-up."
            if missing
            else "Wait: pictures follow their figures.",
            serious=missing,
        )


def _is_whole(pictures: Pictures, sha256: str) -> bool:
    try:
        file = pictures.open(sha256)
    except PictureDamaged:
        return False
    if file is not None:
        file.close()
    return True
