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
    """Warns in the log of certificates that run out within thirty days.

    Parameters
    ----------
    paths
        Their files.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(dict.fromkeys(paths))
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
        return [sentence for path in self._paths if (sentence := _warning(path, now)) is not None]


def _warning(path: Path, now: datetime) -> str | None:
    try:
        end = read_certificate(path).not_valid_after_utc
    except (CertificateError, OSError) as error:
        return f"The certificate {path} cannot be read: {error}"
    if now < end - _AHEAD:
        return None
    happens = "expired" if end <= now else "runs out"
    return (
        f"{path} {happens} on {end:%Y-%m-%d}. Renew it with 'trichoscope-collector certificates', bring it to where it"
        " is used, and start broker and collector anew."
    )
