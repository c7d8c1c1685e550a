"""What a site is compared with: from the instrument's own store, or asked from the clinic for the length of a visit.

The ask goes by the store to the service that delivers, as everything does that is for the clinic: the broker knows a
device by its certificate and gives it one connection, so a second one would end the delivery's.
"""

from device.baseline.asks import Asks
from device.baseline.finding import ask_ahead, find_baseline
from device.baseline.known import known_baseline, may_have_baseline
from device.baseline.later import ComparingLater
from device.baseline.outcomes import Baseline, Found, NoneKnown, Unreachable

__all__ = [
    "Asks",
    "Baseline",
    "ComparingLater",
    "Found",
    "NoneKnown",
    "Unreachable",
    "ask_ahead",
    "find_baseline",
    "known_baseline",
    "may_have_baseline",
]
