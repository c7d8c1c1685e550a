"""How the calibration stands."""

from __future__ import annotations

from datetime import datetime, timedelta

from device.calibration.in_force import InForce
from device.health.check import Check, State
from device.quality import CalibrationState


def calibration(in_force: InForce, now: datetime) -> Check:
    """Say how old the calibration is and whether it is due.

    Parameters
    ----------
    in_force
        What holds now.
    now
        The time.
    """
    age = None
    if in_force.record is not None:
        age = f"{max(timedelta(), now - in_force.record.made_at).days} d"
    if in_force.due is None:
        return Check("calibration", State.OK, "The calibration is in date.", way_out="/calibration", value=age)
    cure = "Open the calibration: it says what to do, step by step."
    state = State.FAIL if in_force.state is CalibrationState.NONE else State.WARN
    return Check("calibration", state, in_force.due, cure, "/calibration", age)
