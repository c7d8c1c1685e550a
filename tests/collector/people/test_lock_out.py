"""How long the next try waits."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.people.lock_out import FREE_TRIES_OF_ADDRESS, LONGEST_WAIT, Addresses, wait_after
from tests.collector.people.conftest import ELSEWHERE, Clock


def test_an_hour_of_tries_is_far_below_what_asvs_allows() -> None:
    """Breaks when somebody may try more than 100 passwords of an account in an hour (ASVS 2.2.1)."""
    clock, wrong = timedelta(0), 0
    while clock < timedelta(hours=1):
        wrong += 1
        clock += wait_after(wrong)
    assert 5 < wrong <= 15


@given(st.integers(0, 10_000))
def test_the_wait_grows_and_is_bounded(wrong: int) -> None:
    """Breaks when a wait shrinks with wrong tries, or locks somebody out for good."""
    assert wait_after(wrong) <= wait_after(wrong + 1) <= LONGEST_WAIT


def test_an_address_waits_and_is_forgotten() -> None:
    """Breaks when one machine may try all accounts in turn, or is shut out for ever."""
    clock = Clock()
    addresses = Addresses(clock)
    for _ in range(FREE_TRIES_OF_ADDRESS):
        assert not addresses.wait(ELSEWHERE)
        addresses.count(ELSEWHERE)
    assert addresses.wait(ELSEWHERE) == timedelta(seconds=30)
    assert not addresses.wait("192.0.2.8")
    clock.wait(seconds=30)
    assert not addresses.wait(ELSEWHERE)
    addresses.count(ELSEWHERE)
    assert addresses.wait(ELSEWHERE) == timedelta(seconds=60)
    clock.wait(minutes=31)
    addresses.count(ELSEWHERE)
    assert not addresses.wait(ELSEWHERE)


def test_a_network_of_addresses_takes_bounded_memory() -> None:
    """Breaks when whoever has many addresses fills the collector's memory."""
    addresses = Addresses(Clock())
    for number in range(5000):
        addresses.count(f"10.0.{number // 256}.{number % 256}")
    assert len(addresses) == 4096
