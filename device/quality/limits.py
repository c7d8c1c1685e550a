"""A figure against its limits: how a check comes to its verdict and its words."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from contract import Check, Verdict


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a figure begins to be doubtful, and where it cannot stand.

    Parameters
    ----------
    warn_at, refuse_at : float or None
        In the figure's unit; past them the verdict changes. Where ``refuse_at`` lies below ``warn_at``, small values
        are the bad ones. None where there is no such limit.
    """

    warn_at: float | None
    refuse_at: float | None

    def verdict(self, value: float) -> Verdict:
        """Judge a value."""
        falling = self.warn_at is not None and self.refuse_at is not None and self.refuse_at < self.warn_at
        for limit, verdict in ((self.refuse_at, Verdict.REFUSE), (self.warn_at, Verdict.WARN)):
            if limit is not None and (value < limit if falling else value > limit):
                return verdict
        return Verdict.PASS


def check(
    name: str,
    value: float | None,
    unit: str,
    limits: Limits,
    *,
    good: str,
    warned: str,
    refused: str,
    unknown: str = "Not measured.",
) -> Check:
    """Hold a figure against its limits.

    Parameters
    ----------
    name : str
        Of the check.
    value : float or None
        None where the picture does not show it: nothing is held against it then.
    unit : str
        UCUM.
    limits : Limits
    good, warned, refused, unknown : str
        The sentence for the technician in each case; ``{value}`` in it is filled in.
    """
    if value is None or not isfinite(value):
        value, verdict, words = None, Verdict.PASS, unknown
    else:
        verdict = limits.verdict(value)
        words = {Verdict.PASS: good, Verdict.WARN: warned, Verdict.REFUSE: refused}[verdict]
    return Check(
        name=name,
        value=value if value is None else round(value, 4),
        unit=unit,
        warn_at=limits.warn_at,
        refuse_at=limits.refuse_at,
        verdict=verdict,
        sentence=words.format(value=value),
    )
