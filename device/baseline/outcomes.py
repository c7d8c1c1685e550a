"""What came of looking for a baseline. None of it is an error: a visit goes on without one."""

from dataclasses import dataclass

from contract import Capture, ReducedPicture


@dataclass(frozen=True)
class Baseline:
    """What a site is compared with.

    Parameters
    ----------
    capture
        The baseline's capture, with its measurement.
    picture
        Its picture made small, for finding the place again; None where there is none to be had.
    """

    capture: Capture
    picture: ReducedPicture | None


@dataclass(frozen=True)
class Found:
    """There is a baseline."""

    baseline: Baseline


@dataclass(frozen=True)
class NoneKnown:
    """Neither the instrument nor the clinic holds an earlier capture of the site; ``reason`` is a sentence."""

    reason: str


@dataclass(frozen=True)
class Unreachable:
    """The clinic could not be asked; ``reason`` is a sentence."""

    reason: str


Outcome = Found | NoneKnown | Unreachable
