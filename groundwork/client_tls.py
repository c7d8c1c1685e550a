"""How either program proves itself to the clinic's services, and they to it."""

import ssl
import stat
from pathlib import Path

from groundwork.credential import is_credential

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyOpenToOthers(PermissionError):
    """A private key that others than its owner can use proves nothing; the message says what to do."""


def client_context(authority: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a TLS context for a client that trusts one authority alone and shows its own certificate.

    Raises
    ------
    KeyOpenToOthers
        If the key's permissions give anything to its group or to others, and it is no credential of systemd's: those
        may be 0440, in a folder that nobody else sees.
    OSError
        If a file is missing or is no certificate or key (:class:`ssl.SSLError` is an OSError).
    """
    _refuse_open_key(key)
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def _refuse_open_key(key: Path) -> None:
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & _OF_OTHERS and not is_credential(key):
        raise KeyOpenToOthers(
            f"the key {key} is open to others than its owner (mode {mode:04o}): run 'chmod 600 {key}', and have the"
            " certificate revoked and enrol anew if anybody may have copied the key"
        )
