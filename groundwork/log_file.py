"""A program's log in a file of bounded size, beside what goes to the standard error.

A disk that is full or read-only stops nothing: the line is lost here, and stands in the standard error all the same.
"""

import logging
import logging.handlers
import os
import time
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from groundwork.log_privacy import without_codes

MOST_BYTES = 1_000_000
"""Of one file; about a month of an instrument that fares well."""
KEPT = 2
"""Files before the present one."""

_LINE = "%(asctime)s %(levelname)s %(message)s"


class _BoundedFile(logging.handlers.RotatingFileHandler):
    """Nobody else's to read, opened anew after a failure, and silent about one."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802  logging's name
        # What could not be written must not be tried again with each line to come: the stream is let go.
        stream, self.stream = self.stream, None  # the next line opens it
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.close()


def log_to_file(path: Path, patient_code: str) -> None:
    """Let this program's log go to a file too, without patient codes; in place of a file named before.

    Parameters
    ----------
    path
        The file; its folder is made where it is not there.
    patient_code
        As for :func:`groundwork.log_privacy.without_codes`.
    """
    line = logging.Formatter(_LINE, datefmt="%Y-%m-%dT%H:%M:%SZ")
    line.converter = time.gmtime
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        logging.getLogger(__name__).warning("No log is kept in %s (%s).", path, error.strerror)
        return
    handler = _BoundedFile(path, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8", delay=True)
    handler.setFormatter(without_codes(line, patient_code))
    stop_logging_to_file()
    logging.getLogger().addHandler(handler)


def stop_logging_to_file() -> None:
    """Let go of the file."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _BoundedFile)]:
        root.removeHandler(handler)
        handler.close()


def lines(path: Path, most_bytes: int) -> list[str]:
    """Return the last lines of such a log, oldest first; none where it cannot be read.

    Parameters
    ----------
    path
        The file that :func:`log_to_file` was told; those before it are read as far as is needed.
    most_bytes
        Of all lines together, at most.
    """
    content = b""
    for file in (path, *(path.with_name(f"{path.name}.{number}") for number in range(1, KEPT + 1))):
        if len(content) >= most_bytes:
            break
        content = _end_of(file, most_bytes - len(content)) + content
    said = content.decode("utf-8", errors="replace").splitlines()
    return said[1:] if len(content) >= most_bytes else said  # the first may have been cut


def _end_of(file: Path, most_bytes: int) -> bytes:
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - most_bytes))
            return stream.read(most_bytes)
    except OSError:
        return b""
