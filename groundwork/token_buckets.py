"""How often one may ask: a bucket of tokens each, in a table that cannot grow."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST_BUCKETS = 1024
_NETWORK_BITS = 64


def _since_boot_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)  # goes on while a machine sleeps, and is never set


class Buckets:
    """Token buckets by key. On the event loop only: it takes no lock.

    Parameters
    ----------
    rate_per_s
        How many tokens come back in a second.
    burst
        How many a bucket holds.
    now
        A clock that does not step back, in seconds.
    """

    def __init__(self, rate_per_s: float, burst: float, now: Callable[[], float] = _since_boot_s) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._now = now
        self._by_key: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take a token, and return 0; or the seconds until there is one again, and take none."""
        moment_s = self._now()
        tokens, at_s = self._by_key.pop(key, (self._burst, moment_s))
        tokens = min(self._burst, tokens + (moment_s - at_s) * self._rate_per_s)
        taken = tokens >= 1
        self._by_key[key] = (tokens - taken, moment_s)
        if len(self._by_key) > _MOST_BUCKETS:
            self._by_key.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / self._rate_per_s

    def __len__(self) -> int:
        return len(self._by_key)


def address_key(client: object) -> str:
    """Return the key of a client's address: of IPv6 its network, whose addresses are one machine's to choose from.

    Parameters
    ----------
    client
        Of an ASGI scope: address and port, or None.
    """
    host = str(client[0]) if isinstance(client, list | tuple) and client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))
    return str(address)
