"""A patient's site over visits: which capture is its baseline, and what of the instrument changed between two."""

from collections.abc import Iterable
from enum import StrEnum

from contract.capture import Capture, Verdict


def baseline_of(captures: Iterable[Capture], before_visit: int) -> Capture | None:
    """Return what a site is compared with: of its earliest visit, the last capture that counts.

    Parameters
    ----------
    captures
        One patient's captures of one site, each visit's in the order they were taken.
    before_visit
        The visit that is to be compared: the baseline is of an earlier one.

    Returns
    -------
    Capture or None
        None if there is no earlier capture that the gate let pass or a person released. Of several takes in one visit
        the last one counts: the technician took the site again because the one before was not good enough.
    """
    baseline: Capture | None = None
    for capture in captures:
        counts = capture.visit_number < before_visit and _may_be_compared(capture)
        if counts and (baseline is None or capture.visit_number <= baseline.visit_number):
            baseline = capture
    return baseline


def _may_be_compared(capture: Capture) -> bool:
    return capture.quality.verdict is not Verdict.REFUSE or capture.quality.forced is not None


class InstrumentChange(StrEnum):
    """What is not the same instrument any more."""

    DEVICE = "device"
    CAMERA = "camera"
    LENS = "lens"
    LIGHT = "light"
    CALIBRATION = "calibration"


def instrument_changes(earlier: Capture, later: Capture) -> tuple[InstrumentChange, ...]:
    """Return what changed of the instrument from one capture to another, in the order of the enumeration.

    Parameters
    ----------
    earlier, later
        Two captures that are compared. What either does not say is not taken for a change.
    """
    pairs = {
        InstrumentChange.DEVICE: (earlier.device_id, later.device_id),
        InstrumentChange.CAMERA: (_camera(earlier), _camera(later)),
        InstrumentChange.LENS: (earlier.lens, later.lens),
        InstrumentChange.LIGHT: (earlier.light, later.light),
        InstrumentChange.CALIBRATION: (_scale(earlier), _scale(later)),
    }
    return tuple(what for what, (was, now) in pairs.items() if None not in (was, now) and was != now)


def _camera(capture: Capture) -> tuple[str, str] | None:
    return None if capture.camera_identity is None else (capture.camera, capture.camera_identity)


def _scale(capture: Capture) -> tuple[object, ...]:
    """Name where the scale came from: the record, or the number typed into the settings."""
    calibration = capture.calibration
    return (calibration.record_id,) if calibration.record_id else (calibration.source, calibration.um_per_px)
