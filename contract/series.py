"""What of the instrument changed between two captures of one patient's site: a change that is not the patient's."""

from enum import StrEnum

from contract.capture import Capture


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
