"""The gate on drawn scalps with graded faults: what would be measured wrongly is refused, what is sound passes.

What counts is the density that the fault changes: the measurement of the faulted picture against that of its twin
without the fault, since that is what a gate can know.  A picture that cannot be measured at all counts as wrong.
What is asked of the refusals is asked of pictures with a fault drawn in, however slight.  Two exposures of one scalp
without any fault differ too, now and then by more than 10 % where hairs are few: such pictures show nothing to refuse
them by, and stand in lines of their own.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from analysis import Measurement, PictureUnusable, measure
from analysis.optics import Optics
from benchmarks import graded_faults
from benchmarks.graded_faults import FIRST_SCALP, PICTURES_A_SCALP, UM_PER_PX, faulted, twin
from benchmarks.targets import Bound
from contract import Verdict
from device.quality import CalibrationState, Meters, judge
from phantom import Photograph

WRONG, SOUND = 0.10, 0.03
"""Errors of the density above which a picture must be refused, and below which a faultless one must pass."""
REFUSED = Bound("refused", "refused of the faulted off by more than 10 %", low=0.99, digits=1, unit="%")
LET_THROUGH = Bound("let_through", "not refused of the faultless off by less than 3 %", low=0.98, digits=1, unit="%")
PASSED = Bound("passed", "passed without a warning of the same", low=0.98, digits=1, unit="%")
_ALIKE = 1e-9
"""Two hairs of twenty are 10 %, not more, whatever floating point makes of it."""
METERS = Bound("ms", "live meters, a frame of 640 px on one core", high=100.0, digits=1, unit="ms")
"""Ten frames a second."""
PREVIEW_PX = (640, 480)
_OPTICS = Optics(UM_PER_PX, blur_sigma_px=graded_faults.BLUR_SIGMA_PX)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one picture.

    Parameters
    ----------
    kind : str
        Of fault, or "none".
    grade : float
        0 to 1.
    error, true_error : float
        Of the density, relative: against the twin's measurement, and against the truth. Infinite where nothing could
        be measured.
    verdict : Verdict
    named : tuple of str
        The checks that did not pass.
    """

    kind: str
    grade: float
    error: float
    true_error: float
    verdict: Verdict
    named: tuple[str, ...]


def outcomes_of(seed: int) -> list[Outcome]:
    """Photograph, measure and judge the pictures of one scalp."""
    scene = twin(seed)
    known = _measured(scene.photograph())
    expected = 0.0 if known is None else known.hair_density_per_cm2.value
    outcomes = []
    for number in range(PICTURES_A_SCALP):
        case = faulted(scene, number)
        photo = case.scene.photograph()
        measurement = _measured(photo)
        quality = judge(
            photo.picture,
            _OPTICS,
            measurement=measurement,
            calibration_state=CalibrationState.IN_DATE,
            hair="clipped",
            blur_um_per_mm=graded_faults.LENS_BLUR_UM_PER_MM,
        )
        outcomes.append(
            Outcome(
                case.kind,
                case.grade,
                _off(measurement, expected),
                math.inf
                if measurement is None
                else _off(measurement, photo.truth.density_per_cm2(measurement.frame_px)),
                quality.verdict,
                tuple(c.name for c in quality.checks if c.verdict is not Verdict.PASS),
            )
        )
    return outcomes


def _measured(photo: Photograph) -> Measurement | None:
    try:
        return measure(photo.picture, UM_PER_PX)
    except PictureUnusable:
        return None


def _off(measurement: Measurement | None, expected_per_cm2: float) -> float:
    if measurement is None or expected_per_cm2 == 0:
        return math.inf
    return measurement.hair_density_per_cm2.value / expected_per_cm2 - 1.0


def _is_wrong(error: float) -> bool:
    return abs(error) > WRONG + _ALIKE


def _is_slight(error: float) -> bool:
    return abs(error) < SOUND - _ALIKE


def rows(runs: int) -> list[tuple[str, str, str, str]]:
    """Run the gate on about `runs` pictures: (what, asked, reached, verdict) lines.

    Parameters
    ----------
    runs : int
        Pictures, four of a scalp.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        scalps = range(FIRST_SCALP, FIRST_SCALP + max(1, round(runs / PICTURES_A_SCALP)))
        return [*lines([outcome for seed in scalps for outcome in outcomes_of(seed)]), meters_line()]
    finally:
        cv2.setNumThreads(threads)


def lines(outcomes: Sequence[Outcome]) -> list[tuple[str, str, str, str]]:
    """Word the outcomes: what is asked of the gate, then what else is worth knowing, fault by fault."""
    with_fault, without = _of(outcomes, lambda o: o.kind != "none"), _of(outcomes, lambda o: o.kind == "none")
    wrong, sound = _of(with_fault, lambda o: _is_wrong(o.error)), _of(without, lambda o: _is_slight(o.error))
    told = [
        _line(REFUSED, _share(wrong, _refused), len(wrong)),
        _line(LET_THROUGH, _share(sound, lambda o: not _refused(o)), len(sound)),
        _line(PASSED, _share(sound, lambda o: o.verdict is Verdict.PASS), len(sound)),
        _known("refused of all off by more than 10 %", _of(outcomes, lambda o: _is_wrong(o.error)), _refused),
        _known("off by more than 10 % though faultless", without, lambda o: _is_wrong(o.error)),
        _known("refused of the faulted off by less than 3 %", _of(with_fault, lambda o: _is_slight(o.error)), _refused),
        _known("refused of those off the truth by > 10 %", _of(outcomes, lambda o: _is_wrong(o.true_error)), _refused),
    ]
    for kind in ("none", *graded_faults.FAULTS):
        of_kind = [o for o in outcomes if o.kind == kind]
        if of_kind:
            told.append((f"gate, {kind}", "-", _told(of_kind), "for information"))
    return told


def meters_line() -> tuple[str, str, str, str]:
    """Time the live meters, mark and all, on one preview frame: the thread's own time, the median of 50."""
    frame = cv2.resize(twin(FIRST_SCALP).photograph().picture, PREVIEW_PX, interpolation=cv2.INTER_AREA)
    meters = Meters(UM_PER_PX * graded_faults.SIZE_PX[0] / PREVIEW_PX[0], mark_expected=True)
    took_ms = []
    for _ in range(50):
        began = time.thread_time()
        meters.read(np.asarray(frame, np.uint8))
        took_ms.append(1000 * (time.thread_time() - began))
    median_ms = float(np.median(took_ms))
    return f"gate: {METERS.words}", METERS.asked(), METERS.shown(median_ms), METERS.verdict(median_ms)


def _told(outcomes: Sequence[Outcome]) -> str:
    wrong, slight = _of(outcomes, lambda o: _is_wrong(o.error)), _of(outcomes, lambda o: _is_slight(o.error))
    missed = sum(not _refused(o) for o in wrong)
    spread = "/".join(str(sum(o.verdict is v for o in slight)) for v in (Verdict.PASS, Verdict.WARN, Verdict.REFUSE))
    return f"{len(wrong)} of {len(outcomes)} off by > 10 %, {missed} of them not refused; off by < 3 %: {spread}"


def _line(bound: Bound, share: float, of: int) -> tuple[str, str, str, str]:
    return f"gate: {bound.words}", bound.asked(), f"{bound.shown(share)} of {of}", bound.verdict(share)


def _known(words: str, outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> tuple[str, str, str, str]:
    """Word a share that nothing is asked of."""
    return f"gate: {words}", "-", f"{_percent(_share(outcomes, holds))} of {len(outcomes)}", "for information"


def _of(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> list[Outcome]:
    return [outcome for outcome in outcomes if holds(outcome)]


def _refused(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.REFUSE


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float:
    return sum(map(holds, outcomes)) / len(outcomes) if outcomes else math.nan


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="pictures")
    for line in rows(parser.parse_args(arguments).runs):
        print(" | ".join(line))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
