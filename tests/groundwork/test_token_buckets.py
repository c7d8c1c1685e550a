"""Token buckets: how often one may ask."""

import pytest

from groundwork.token_buckets import Buckets, address_key


def test_a_bucket_empties_and_fills_again() -> None:
    """Breaks when a limit limits nothing, or a pause does not help."""
    moment = [0.0]
    buckets = Buckets(rate_per_s=2, burst=4, now=lambda: moment[0])
    assert [buckets.take("a") for _ in range(4)] == [0] * 4
    assert buckets.take("a") == pytest.approx(0.5)
    assert buckets.take("b") == 0, "another's"
    moment[0] += 0.5
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
    moment[0] += 1000
    assert [buckets.take("a") == 0 for _ in range(5)] == [True] * 4 + [False]


def test_asking_too_early_does_not_lengthen_the_wait() -> None:
    """Breaks when an impatient finger keeps a technician out."""
    moment = [0.0]
    buckets = Buckets(rate_per_s=1, burst=1, now=lambda: moment[0])
    buckets.take("a")
    for _ in range(99):
        moment[0] += 0.01
        assert buckets.take("a") > 0
    moment[0] += 0.02
    assert buckets.take("a") == 0


def test_the_table_does_not_grow() -> None:
    """Breaks when a flood from many addresses fills the memory."""
    buckets = Buckets(1, 1)
    for number in range(5000):
        buckets.take(str(number))
    assert len(buckets) <= 1024


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("testclient", "testclient", True),
    ],
)
def test_one_machine_has_one_bucket(one: str, other: str, *, same: bool) -> None:
    """Breaks when a machine has as many buckets as its IPv6 network has addresses, or machines share one."""
    assert (address_key((one, 1)) == address_key((other, 2))) is same
    assert address_key(None) == ""
