"""The clinic's own certificates run out like everybody's: it is told a month ahead, every day."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.identity.certificates import CertificateError, read_certificate

_log = logging.getLogger(__name__)

_AHEAD = timedelta(days=30)
_EVERY_S = 24 * 3600.0


class ExpiryWatch:
    """Warns in the log of certificates that run out within thirty days: those in use, as they were read at the start.

    Parameters
    ----------
    paths
        Their files.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(dict.fromkeys(paths))
        self._in_use_until = {path: end for path in self._paths if isinstance(end := _end(path), datetime)}
        self._stopping = threading.Event()

    def run(self) -> None:
        """Warn now and every day; return after :meth:`stop`."""
        while True:
            for sentence in self.warnings(datetime.now(UTC)):
                _log.warning("%s", sentence)
            if self._stopping.wait(_EVERY_S):
                return

    def stop(self) -> None:
        """Ask :meth:`run` to return."""
        self._stopping.set()

    def warnings(self, now: datetime) -> list[str]:
        """Return a sentence for each certificate that is about to run out, or that cannot be read any more."""
        sentences = [_warning(path, self._in_use_until.get(path), now) for path in self._paths]
        return [sentence for sentence in sentences if sentence is not None]


def _end(path: Path) -> datetime | str:
    """Return when a certificate runs out, or why that cannot be told."""
    try:
        return read_certificate(path).not_valid_after_utc
    except (CertificateError, OSError) as error:
        return f"The certificate {path} cannot be read: {error}"


def _warning(path: Path, in_use_until: datetime | None, now: datetime) -> str | None:
    end = _end(path)
    if isinstance(end, str):
        return end
    in_use_until = in_use_until or end
    if now < min(end, in_use_until) - _AHEAD:
        return None
    if end - _AHEAD > now:
        return (
            f"{path} is renewed, and the one before is still in use until {in_use_until:%Y-%m-%d}: start broker and"
            " collector anew."
        )
    happens = "expired" if end <= now else "runs out"
    return (
        f"{path} {happens} on {end:%Y-%m-%d}. Renew it with 'trichoscope-collector certificates', bring it to where it"
        " is used, and start broker and collector anew."
    )
