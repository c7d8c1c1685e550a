"""What a password must be, and how it is kept."""

import threading
import unicodedata

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
from hypothesis import given
from hypothesis import strategies as st

from collector.people.passwords import Busy, PasswordRefused, Passwords, check
from tests.collector.people.conftest import PASSWORD, cheap


@pytest.mark.parametrize(
    "password", ["horse battery staple", "Löwenzahn & Regenschirm", "🦔🦊🐢🦉 im grünen Wald", "x" * 3 + PASSWORD]
)
def test_long_ones_are_taken_whatever_they_are_made_of(password: str) -> None:
    """Breaks when spaces, letters of other alphabets or the lack of digits keep a good password out."""
    check(password, "mk")


@pytest.mark.parametrize(
    "password",
    ["password1234", "Passwort2026!", "trichoscope2026", "qwertyuiop123", "123456789012", "aaaaaaaaaaaa",
     "abcabcabcabc", "abcdefghijklm", "dr-mueller-1234", "administrator1", "Klinik-Sommer-2026", "           x"],
)  # fmt: skip
def test_those_that_are_guessed_first_are_refused(password: str) -> None:
    """Breaks when what every list of stolen passwords begins with opens an account."""
    with pytest.raises(PasswordRefused, match="guessed first"):
        check(password, "dr-mueller")


@given(st.text(max_size=11))
def test_short_ones_are_refused(password: str) -> None:
    """Breaks when fewer characters than 12 are enough, however they are written."""
    with pytest.raises(PasswordRefused):
        check(password, "mk")


def test_too_long_ones_are_refused_before_any_work() -> None:
    """Breaks when a megabyte is hashed for whoever sends it."""
    with pytest.raises(PasswordRefused, match="too long"):
        check("so long that it is typed by nobody " * 30_000, "mk")


def test_what_is_kept_is_argon2id_as_the_rfc_recommends() -> None:
    """Breaks when passwords of the product are kept by less than RFC 9106, section 4, asks for."""
    kept = Passwords().kept(PASSWORD)
    assert kept.startswith(f"$argon2id$v=19$m={64 * 1024},t=3,p=4$")
    assert (RFC_9106_LOW_MEMORY.memory_cost, RFC_9106_LOW_MEMORY.time_cost) == (64 * 1024, 3)
    assert PASSWORD not in kept
    assert Passwords().is_of(PASSWORD, kept)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_only_the_password_itself_is_right(one: str, other: str) -> None:
    """Breaks when another password opens an account, or nobody's hash is anybody's."""
    passwords = Passwords(cheap())
    same = unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
    assert passwords.is_of(other, passwords.kept(one)) == same
    assert not passwords.is_of(one, None)
    assert not passwords.is_of(one, "not a hash")


def test_keyboards_that_write_a_letter_in_another_way_are_the_same() -> None:
    """Breaks when a password typed on one system is wrong on another."""
    passwords = Passwords(cheap())
    assert passwords.is_of("Lo\u0308wenzahn im Wald", passwords.kept("L\u00f6wenzahn im Wald"))


def test_older_parameters_are_told() -> None:
    """Breaks when passwords stay kept as an earlier release did."""
    kept = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)).kept(PASSWORD)
    assert Passwords(cheap()).is_outdated(kept)
    assert not Passwords(cheap()).is_outdated(Passwords(cheap()).kept(PASSWORD))


class _Counted(PasswordHasher):
    """Counts how many hashes are computed at once; each waits until it is let go."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.now = self.most = 0

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        self.begun.release()
        assert self.go.acquire(timeout=10)
        self.now -= 1
        return super().hash(password, salt=salt)


def test_many_at_once_take_the_memory_of_one_and_are_bounded() -> None:
    """Breaks when a hundred sign-ins at once take a hundred times 64 MiB, or hold up every thread of the pages."""
    hasher = _Counted()
    passwords = Passwords(hasher)
    threads = [threading.Thread(target=passwords.kept, args=(PASSWORD,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert hasher.begun.acquire(timeout=10)
    while passwords._places.acquire(blocking=False):  # until all eight have their place
        passwords._places.release()
    with pytest.raises(Busy):
        passwords.kept(PASSWORD)
    for _ in threads:
        hasher.go.release()
    for thread in threads:
        thread.join(10)
    assert hasher.most == 1
    assert passwords.is_of(PASSWORD, Passwords(cheap()).kept(PASSWORD))
