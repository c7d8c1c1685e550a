"""The gate on drawn scalps with graded faults: what would be measured wrongly is refused, what is sound passes.

What counts is the density that the fault changes: the measurement of the faulted picture against that of its twin
without the fault, since that is what a gate can know.  A picture that cannot be measured at all counts as wrong.
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
REFUSED = Bound("refused", "refused of those off by more than 10 %", low=0.99, digits=1, unit="%")
LET_THROUGH = Bound("let_through", "not refused of the faultless off by less than 3 %", low=0.98, digits=1, unit="%")
PASSED = Bound("passed", "passed without a warning of the same", low=0.98, digits=1, unit="%")
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
    wrong = [o for o in outcomes if abs(o.error) > WRONG]
    sound = [o for o in outcomes if abs(o.error) < SOUND and o.kind == "none"]
    refused = _share(wrong, lambda o: o.verdict is Verdict.REFUSE)
    asked = [
        _line(REFUSED, refused, len(wrong)),
        _line(LET_THROUGH, _share(sound, lambda o: o.verdict is not Verdict.REFUSE), len(sound)),
        _line(PASSED, _share(sound, lambda o: o.verdict is Verdict.PASS), len(sound)),
    ]
    truly_wrong = [o for o in outcomes if abs(o.true_error) > WRONG]
    told = f"{_percent(_share(truly_wrong, lambda o: o.verdict is Verdict.REFUSE))} of {len(truly_wrong)}"
    asked.append(("gate: refused of those off the truth by more than 10 %", "-", told, "for information"))
    for kind in ("none", *graded_faults.FAULTS):
        of_kind = [o for o in outcomes if o.kind == kind]
        if of_kind:
            asked.append((f"gate, {kind}", "-", _told(of_kind), "for information"))
    return asked


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
    wrong = [o for o in outcomes if abs(o.error) > WRONG]
    slight = [o for o in outcomes if abs(o.error) < SOUND]
    missed = sum(o.verdict is not Verdict.REFUSE for o in wrong)
    spread = "/".join(str(sum(o.verdict is v for o in slight)) for v in (Verdict.PASS, Verdict.WARN, Verdict.REFUSE))
    return f"{len(wrong)} of {len(outcomes)} off by > 10 %, {missed} of them not refused; off by < 3 %: {spread}"


def _line(bound: Bound, share: float, of: int) -> tuple[str, str, str, str]:
    return f"gate: {bound.words}", bound.asked(), f"{bound.shown(share)} of {of}", bound.verdict(share)


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
