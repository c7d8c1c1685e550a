"""The instrument's PIN: what is a good one, and its file, which holds a hash that is slow to try.

The hash is scrypt's. Of the parameters that OWASP's Password Storage Cheat Sheet holds for equal (N = 2^17, r = 8,
p = 1; 2^16, 8, 2; and so on), those with 64 MiB are taken: a small instrument measures pictures in the same memory. A
PIN of six digits is a million tries all the same: what protects it is that nobody else reads the file, and that tries
at the page wait for each other (:mod:`device.page.access.attempts`).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError, model_validator

from device.chair.refusals import ChairRefused
from groundwork.credential import check_secret
from groundwork.durable_file import write_durably

FEWEST_DIGITS, MOST_DIGITS = 6, 32

_N, _R, _P = 2**16, 8, 2
_SALT_BYTES, _HASH_BYTES = 16, 32
_MOST_MEMORY_BYTES = 512 * 1024 * 1024
_LONGEST_REPEATED = 3


class PinRefused(ChairRefused):
    """A PIN is not taken; the message never repeats it."""


class PinUnusable(ChairRefused):
    """The PIN's file cannot be used."""


class PinHash(BaseModel):
    """What the file holds.

    Parameters
    ----------
    scheme
        How it was hashed.
    n, r, p
        scrypt's cost, block size and parallelism (RFC 7914).
    salt, digest
        By base 64 in the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Literal["scrypt"] = "scrypt"
    n: Annotated[int, Field(ge=2, le=2**20)] = _N
    r: Annotated[int, Field(ge=1, le=32)] = _R
    p: Annotated[int, Field(ge=1, le=16)] = _P
    salt: Annotated[Base64Bytes, Field(min_length=_SALT_BYTES, max_length=64)]
    digest: Annotated[Base64Bytes, Field(min_length=_HASH_BYTES, max_length=_HASH_BYTES)]

    @model_validator(mode="after")
    def _computable(self) -> Self:
        if self.n & (self.n - 1) or 128 * self.n * self.r > _MOST_MEMORY_BYTES:
            raise ValueError("scrypt's n is a power of two, and n and r take half a gigabyte at most")
        return self

    def is_of(self, pin: str) -> bool:
        """Say whether it is this PIN's; takes as long for a wrong one. Leaves the interpreter to other threads."""
        return hmac.compare_digest(_digest(pin, self.salt, self.n, self.r, self.p), self.digest)


def hash_of(pin: str, n: int = _N) -> PinHash:
    """Hash a PIN under a salt of its own.

    Parameters
    ----------
    pin
        Its digits.
    n
        scrypt's cost.

    Raises
    ------
    PinRefused
        If it is no good PIN.
    """
    check(pin)
    salt = secrets.token_bytes(_SALT_BYTES)
    # By keyword and not validated: Base64Bytes would decode what is no base 64 yet.
    return PinHash.model_construct(scheme="scrypt", n=n, r=_R, p=_P, salt=salt, digest=_digest(pin, salt, n, _R, _P))


def check(pin: str) -> None:
    """Refuse a PIN that is too short, or that somebody tries first.

    Raises
    ------
    PinRefused
    """
    if not (pin.isascii() and pin.isdecimal() and FEWEST_DIGITS <= len(pin) <= MOST_DIGITS):
        raise PinRefused(f"A PIN has {FEWEST_DIGITS} to {MOST_DIGITS} digits and nothing else. Choose another.")
    if any(_repeats(pin, length) for length in range(1, _LONGEST_REPEATED + 1)):
        raise PinRefused("This PIN repeats the same digits, which is tried first. Choose another.")
    if _counts(pin, 1) or _counts(pin, -1):
        raise PinRefused("This PIN counts up or down, which is tried first. Choose another.")


def write_pin(path: Path, hashed: PinHash) -> None:
    """Write the file, for its owner alone; a PIN that was there before is no more.

    Raises
    ------
    PinUnusable
        If it cannot be written.
    """
    try:
        write_durably(path, hashed.model_dump_json().encode() + b"\n", mode=0o600)
    except OSError as error:
        raise PinUnusable(
            f"{path} cannot be written ({error.strerror}). Name a file in a folder that is there and yours."
        ) from error


def read_pin(path: Path) -> PinHash:
    """Read the file.

    Raises
    ------
    PinUnusable
        If it is not there, is open to others, or is none.
    """
    try:
        check_secret(path)
        content = path.read_bytes()
    except OSError as error:  # with groundwork.credential's two, whose words say more than the system's
        raise PinUnusable(
            f"The PIN cannot be read ({error.strerror or error}). Check 'pin' under [chair] in the settings."
        ) from error
    try:
        return PinHash.model_validate_json(content)
    except ValidationError as error:
        raise PinUnusable(f"{path} holds no PIN. Make it anew with 'trichoscope pin {path}'.") from error


def _digest(pin: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    room_bytes = 128 * r * (n + p + 2)  # RFC 7914, 5 and 6, and a little
    return hashlib.scrypt(pin.encode(), salt=salt, n=n, r=r, p=p, maxmem=2 * room_bytes, dklen=_HASH_BYTES)


def _repeats(pin: str, length: int) -> bool:
    return pin == (pin[:length] * len(pin))[: len(pin)]


def _counts(pin: str, step: int) -> bool:
    return all((int(later) - int(earlier)) % 10 == step % 10 for earlier, later in itertools.pairwise(pin))
