"""The clock: UTC, with a word on its trust."""

import ctypes
from datetime import UTC
from types import SimpleNamespace

import pytest

from device import clock


def test_times_are_in_utc_and_the_boot_has_one_id() -> None:
    """Breaks when a local time or a changing boot id enters a record."""
    assert clock.now().tzinfo is UTC
    assert clock.boot_id() == clock.boot_id()
    assert clock.boot_id().version == 4


@pytest.mark.parametrize(("state", "trusted"), [(-1, False), (0, True), (1, True), (5, False)])
def test_trust_follows_the_kernel(monkeypatch: pytest.MonkeyPatch, state: int, trusted: bool) -> None:
    """Breaks when an unsynchronised clock (TIME_ERROR, 5), or a kernel that does not say, passes for a good one."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace(adjtimex=lambda _state: state))
    assert clock.is_trusted() is trusted
