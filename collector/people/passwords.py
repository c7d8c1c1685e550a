"""Passwords: what they must be, and how they are kept.

What they must be follows NIST SP 800-63B, 5.1.1.2: long enough, none that is guessed first, no rules on which
characters, no end date. They are kept as Argon2id, with the second recommended parameters of RFC 9106, section 4: 3
passes over 64 MiB in 4 lanes. One is looked at at a time, so that no number of sign-ins takes more memory than that.
"""

from __future__ import annotations

import base64
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

FEWEST_CHARACTERS, MOST_CHARACTERS = 12, 128
_MOST_WAITING = 8
_SAYS_LITTLE = 4
"""What is left of a password without the words that are guessed first, and without digits, must be longer."""
_WORDS = (
    "administrator admin clinic klinik clinique passwort password passw0rd p@ssw0rd trichoscope trichoscopy welcome"
    " willkommen hallo hello letmein changeme iloveyou qwertyuiop qwertzuiop azertyuiop qwerty qwertz azerty asdfghjkl"
    " asdfgh yxcvbnm zxcvbnm dragon monkey football baseball superman sunshine princess master secret geheim test"
    " january february march april june july august september october november december januar februar maerz mai juni"
    " juli oktober dezember summer winter spring autumn sommer herbst"
)
_GUESSED_FIRST = frozenset(_WORDS.split())
_RUNS = ("0123456789" * 2, "9876543210" * 2, "abcdefghijklmnopqrstuvwxyz" * 2, "zyxwvutsrqponmlkjihgfedcba" * 2)


class PasswordRefused(Exception):
    """A password cannot be taken; the message says why, and what would be."""


class Busy(Exception):
    """Too many wait to sign in."""

    def __init__(self) -> None:
        super().__init__("Too many sign in at this moment. Wait a few seconds, then try again.")


class Passwords:
    """How passwords are kept.

    Parameters
    ----------
    hasher
        With its parameters; a hash of other ones still holds, and is replaced when its password is typed next.
    """

    _one = threading.Lock()
    _places = threading.BoundedSemaphore(_MOST_WAITING)  # of the whole program: its memory is what is kept

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobodys = _hash_of_nothing(self._hasher)

    def kept(self, password: str) -> str:
        """Return how a password is kept: parameters, a fresh salt and the hash, in one text.

        Raises
        ------
        Busy
            If too many wait already.
        """
        with self._turn():
            return self._hasher.hash(_normal(password))

    def is_of(self, password: str, kept: str | None) -> bool:
        """Say whether a password is that of a hash; without a hash the same work is done, and it is not.

        Raises
        ------
        Busy
            If too many wait already.
        """
        with self._turn():
            try:
                self._hasher.verify(kept or self._nobodys, _normal(password))
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Say whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            with self._one:
                yield
        finally:
            self._places.release()


def check(password: str, name: str) -> None:
    """Hold a new password to the rules.

    Parameters
    ----------
    password
        As it was typed.
    name
        Of its account.

    Raises
    ------
    PasswordRefused
        If it is too short, too long, or one that is guessed first.
    """
    characters = sorted((len(password), len(_normal(password))))  # one form may be longer than another
    if characters[0] < FEWEST_CHARACTERS:
        raise PasswordRefused(
            f"This password is too short. Take {FEWEST_CHARACTERS} characters or more: four words do well."
        )
    if characters[-1] > MOST_CHARACTERS:
        raise PasswordRefused(f"This password is too long. Take {MOST_CHARACTERS} characters at most.")
    if not _is_hard_to_guess(password, name):
        raise PasswordRefused("This password is among those that are guessed first. Take another: four words do well.")


def _is_hard_to_guess(password: str, name: str) -> bool:
    plain = _normal(password).casefold()
    if _repeats(plain) or any(plain in run for run in _RUNS):
        return False
    for word in sorted({*_GUESSED_FIRST, name.casefold()}, key=len, reverse=True):
        plain = plain.replace(word, " ")
    return len(re.sub(r"[\W\d_]", "", plain)) > _SAYS_LITTLE or len(set(re.sub(r"\s", "", plain))) > 2 * _SAYS_LITTLE


def _repeats(plain: str) -> bool:
    """Say whether a text is a few characters, again and again."""
    return any(plain == (plain[:period] * len(plain))[: len(plain)] for period in range(1, _SAYS_LITTLE + 1))


def _normal(password: str) -> str:
    """Return one form of what keyboards write in several: the same password from each of them (800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
