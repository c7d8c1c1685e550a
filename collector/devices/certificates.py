"""The instruments' certificates by what the clinic recorded as it signed them, and by its list of revoked ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from collector.devices.states import CertificateStanding
from collector.identity.certificates import CertificateError, common_name, read_certificate
from collector.identity.expiry import ExpiryWatch

_log = logging.getLogger(__name__)


class Certificates:
    """What is known of all certificates. Any thread may ask.

    Parameters
    ----------
    issued_folder
        Where each is recorded (:mod:`collector.identity.issued`); it need not be there.
    revokes
        Whether the certificate of a serial number was taken back (:class:`RevocationList.revokes`); None without a
        list.
    own
        The collector's own certificates, which run out too.
    """

    def __init__(
        self, issued_folder: Path, revokes: Callable[[int], bool] | None = None, own: Sequence[Path] = ()
    ) -> None:
        self._folder = issued_folder
        self._revokes = revokes or (lambda _serial: False)
        self._own = ExpiryWatch(own)
        self._read: dict[str, x509.Certificate | None] = {}

    def of_devices(self, now: datetime) -> Mapping[str, CertificateStanding]:
        """Return how each stands to whom a certificate was ever issued, by name."""
        by_name: dict[str, list[x509.Certificate]] = {}
        for certificate in self._recorded():
            if (name := common_name(certificate)) is not None:
                by_name.setdefault(name, []).append(certificate)
        return {name: _standing(found, self._revokes, now) for name, found in by_name.items()}

    def warnings(self, now: datetime) -> list[str]:
        """Return a sentence for each of the collector's own certificates that is about to run out."""
        return self._own.warnings(now)

    def _recorded(self) -> list[x509.Certificate]:
        found = []
        for path in sorted(self._folder.glob("*.crt")):
            if path.name not in self._read:  # named by its serial number, it never changes
                self._read[path.name] = _readable(path)
            certificate = self._read[path.name]
            if certificate is not None:
                found.append(certificate)
        return found


def _readable(path: Path) -> x509.Certificate | None:
    try:
        return read_certificate(path)
    except (CertificateError, OSError) as error:
        _log.error("A record of a certificate cannot be shown: %s", error)
        return None


def _standing(found: Sequence[x509.Certificate], revokes: Callable[[int], bool], now: datetime) -> CertificateStanding:
    valid = [one for one in found if one.not_valid_after_utc > now]
    in_force = [one for one in valid if not revokes(one.serial_number)]
    until = max((one.not_valid_after_utc for one in in_force or found), default=None)
    return CertificateStanding(until, revoked=bool(valid) and not in_force)
