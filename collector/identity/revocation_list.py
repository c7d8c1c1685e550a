"""The revocation list as the running service sees it: always the newest that could be read."""

import logging
import threading
from pathlib import Path

from collector.identity.certificates import CertificateError, read_certificate
from collector.identity.revocation import revoked_serials

_log = logging.getLogger(__name__)

_State = tuple[int, int, int]


class RevocationList:
    """Which certificates do not hold any more; the file is read again whenever it has changed.

    Parameters
    ----------
    path
        The list that ``trichoscope-collector revoke`` writes.
    authority
        The certificate of the authority that signs it.

    Raises
    ------
    CertificateError
        If the list is none, or not that authority's.
    OSError
        If a file cannot be read.
    """

    def __init__(self, path: Path, authority: Path) -> None:
        self._path = path
        self._authority = read_certificate(authority)
        self._reading = threading.Lock()
        self._state: _State | None = self._look()
        self._serials = revoked_serials(path, self._authority)
        self.trouble: str | None = None
        """Why the file cannot be read now, so that the last one that could still holds."""

    def revokes(self, serial: int) -> bool:
        """Return whether the certificate with this serial number was taken back."""
        with self._reading:
            self._read_if_changed()
            return serial in self._serials

    def _read_if_changed(self) -> None:
        try:
            state = self._look()
            if state == self._state and self.trouble is None:
                return
            self._serials = revoked_serials(self._path, self._authority)
        except (CertificateError, OSError) as error:
            if self.trouble is None:
                _log.error("The last revocation list that could be read holds on: %s", error)
            self.trouble = str(error)
            return
        self._state, self.trouble = state, None
        _log.info("Read a new revocation list: %d certificates were taken back.", len(self._serials))

    def _look(self) -> _State:
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino
