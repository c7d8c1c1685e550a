"""Quantiles of the distributions that intervals of spreads and of their ratios are read from, in plain Python.

The incomplete gamma and beta functions by series and continued fraction (Abramowitz and Stegun 1964, 6.5.29, 6.5.31 and
26.5.8; evaluated by Lentz's method), and the quantile as the root of the distribution by halving.  Relative error below
1e-8 from 1 to 10,000 degrees of freedom, which need not be whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count

_TINY = 1e-300
_CLOSE = 1e-15
_HALVINGS = 200


@lru_cache(maxsize=1024)
def chi_square(probability: float, degrees: float) -> float:
    """Value below which a chi-square variable lies with `probability`, 0 to 1 exclusive."""
    return _root(lambda x: _lower_gamma(degrees / 2, x / 2), _checked(probability, degrees))


@lru_cache(maxsize=1024)
def f_ratio(probability: float, degrees: float, degrees_below: float) -> float:
    """Value below which Fisher's F of `degrees` over `degrees_below` lies with `probability`, 0 to 1 exclusive."""
    _checked(probability, degrees_below)

    def below(ratio: float) -> float:
        return _lower_beta(degrees / 2, degrees_below / 2, degrees * ratio, degrees_below)

    return _root(below, _checked(probability, degrees))


def student(probability: float, degrees: float) -> float:
    """Value below which Student's t lies with `probability`, from 0.5 to 1 exclusive."""
    return math.sqrt(f_ratio(2 * probability - 1, 1.0, degrees)) if probability > 0.5 else 0.0


def _checked(probability: float, degrees: float) -> float:
    if not (0 < probability < 1 and 0 < degrees < math.inf):
        raise ValueError(
            f"a quantile needs a probability between 0 and 1 and degrees above 0, not {probability}, {degrees}"
        )
    return probability


def _root(below: Callable[[float], float], probability: float) -> float:
    """Find where a distribution over positive numbers reaches `probability`."""
    low = high = 1.0
    while below(low) > probability and low > _TINY:
        low /= 16
    while below(high) < probability:
        high *= 16
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        if high <= low * (1 + 1e-13):
            break
        low, high = (middle, high) if below(middle) < probability else (low, middle)
    return math.sqrt(low * high)


def _lower_gamma(a: float, x: float) -> float:
    """Regularised lower incomplete gamma function P(a, x)."""
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in count(1):
            term *= x / (a + n)
            total += term
            if term < _CLOSE * total:
                return front * total
    return 1 - front / (x + 1 - a + _fraction((-n * (n - a), x + 2 * n + 1 - a) for n in count(1)))


def _lower_beta(a: float, b: float, part: float, rest: float) -> float:
    """Regularised incomplete beta function I(a, b) at part / (part + rest)."""
    x = part / (part + rest)
    if x > (a + 1) / (a + b + 2):
        return 1 - _lower_beta(b, a, rest, part)
    log_front = a * math.log(x) + b * math.log(rest / (part + rest))
    front = math.exp(log_front + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    return front / a / (1 + _fraction((step, 1.0) for step in _beta_steps(a, b, x)))


def _beta_steps(a: float, b: float, x: float) -> Iterator[float]:
    for m in count():
        if m:
            yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))


def _fraction(steps: Iterator[tuple[float, float]]) -> float:
    """Continued fraction a1 / (b1 + a2 / (b2 + ...)) of steps (a, b), by Lentz's method."""
    value, above, under = _TINY, _TINY, 0.0
    for a, b in steps:
        under = b + a * under or _TINY
        above = b + a / above or _TINY
        under = 1 / under
        value *= above * under
        if abs(above * under - 1) < _CLOSE * 10:
            break
    return value
