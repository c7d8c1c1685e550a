"""How an instrument gets its certificate: enrolled once by a one-time code, renewed with the certificate it has.

The code never travels. Both sides prove that they know it by HMAC-SHA256 (RFC 2104), keyed by the code, over what they
send: nobody between them can put another key, certificate or authority in their place. A code has 80 random bits, which
no one guesses from a proof that was overheard.
"""

import hashlib
import hmac
import secrets
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contract.names import ClinicId, DeviceId, Sha256

MAX_ENROLMENT_BYTES = 16 * 1024
"""Bound on any of these messages."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U, so that a code that was read aloud is typed right."""

_MEANT = str.maketrans("ILO", "110", "- ")
_CODE_LETTERS, _GROUP = 16, 4

_Pem = Annotated[str, Field(min_length=1, max_length=6000)]
_Nonce = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    def encode(self) -> bytes:
        """Return the message as it travels: UTF-8 JSON, one line."""
        return self.model_dump_json().encode()


class EnrolmentRequest(_Part):
    """``POST /enrolments``: an instrument asks for its first certificate.

    ``signing_request`` is a PKCS #10 request in PEM whose common name is ``device_id``; ``nonce`` is 256 random bits in
    hexadecimal; ``proof`` is :func:`request_proof`.
    """

    device_id: DeviceId
    nonce: _Nonce
    signing_request: _Pem
    proof: Sha256


class EnrolmentAnswer(_Part):
    """The certificate, the authority that signed it, the clinic's name; ``proof`` is :func:`answer_proof`."""

    clinic_id: ClinicId
    certificate: _Pem
    authority: _Pem
    proof: Sha256


class RenewalRequest(_Part):
    """``POST /certificates``, over TLS with the certificate that is to be renewed; its name stays."""

    signing_request: _Pem


class RenewalAnswer(_Part):
    """The new certificate, of the same authority.

    The first answers lacked ``authority``: the authority's own certificate, which is renewed too, for the same key.
    """

    certificate: _Pem
    authority: _Pem | None = None


def new_code() -> str:
    """Return a one-time code of 80 random bits, in four groups of four: ``7KQM-2XWF-9DHT-P4RB``."""
    letters = [secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS)]
    return "-".join("".join(letters[first : first + _GROUP]) for first in range(0, _CODE_LETTERS, _GROUP))


def code_letters(typed: str) -> str:
    """Return the sixteen letters of a code as a person typed it: any case, hyphens or not, O for 0, I and L for 1.

    Raises
    ------
    ValueError
        If it is no code.
    """
    letters = typed.strip().upper().translate(_MEANT)
    if len(letters) != _CODE_LETTERS or set(letters) - set(_LETTERS):
        raise ValueError("a code has sixteen letters and digits, in groups of four: 7KQM-2XWF-9DHT-P4RB")
    return letters


def request_proof(letters: str, device_id: str, nonce: str, signing_request: str) -> str:
    """Return what proves to the clinic that the instrument knows the code.

    Parameters
    ----------
    letters
        Of :func:`code_letters`.
    device_id, nonce, signing_request
        As in the request.
    """
    return _proof(letters, "request", device_id, nonce, signing_request)


def answer_proof(letters: str, nonce: str, clinic_id: str, certificate: str, authority: str) -> str:
    """Return what proves to the instrument that the clinic knows the code; ``nonce`` is the request's."""
    return _proof(letters, "answer", nonce, clinic_id, certificate, authority)


def same_proof(one: str, other: str) -> bool:
    """Compare two proofs in a time that tells nothing of them."""
    return hmac.compare_digest(one, other)


def _proof(letters: str, *parts: str) -> str:
    # each part's length first: no two lists of parts give the same bytes
    said = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in ("enrolment 1", *parts))
    return hmac.new(letters.encode(), said, hashlib.sha256).hexdigest()
