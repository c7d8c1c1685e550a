"""How a calibration at the page goes: the course of its present work, and what has to lie before the camera for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from device.calibration.certificate import Certificate
from device.calibration.record import TargetCheck
from device.calibration.reference import scale_target
from device.calibration.step_names import StepName
from device.camera import TargetKind

_TARGETS = {
    StepName.FOCUS: TargetKind.SLANTED_EDGE,
    StepName.EXPOSURE: TargetKind.WHITE_CARD,
    StepName.DARK: TargetKind.DARK,
    StepName.RESPONSE: TargetKind.WHITE_CARD,
    StepName.FLAT_FIELD: TargetKind.WHITE_CARD,
    StepName.COLOUR: TargetKind.COLOUR_CHART,
    StepName.BLUR: TargetKind.SLANTED_EDGE,
}


class Course(StrEnum):
    """How the present or last work went."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True)
class CalibratingState:
    """The present or last work: a step, or a check.

    Parameters
    ----------
    number
        Counts works since the start; 0 before the first.
    course
        How it goes.
    step
        Which; None for a check.
    lines
        Of its progress, the last ones.
    sentence
        What it gave, or why it gave nothing.
    check
        What a check found.
    """

    number: int
    course: Course
    step: StepName | None = None
    lines: tuple[str, ...] = ()
    sentence: str | None = None
    check: TargetCheck | None = None

    @property
    def running(self) -> bool:
        """Whether the camera is busy with it."""
        return self.course is Course.RUNNING


def target_of(step: StepName, certificates: tuple[Certificate, ...]) -> TargetKind:
    """Return what has to lie before the camera for a step.

    Raises
    ------
    device.calibration.bench.StepRefused
        If it is the scale and no certificate is of a target for it.
    """
    return scale_target(certificates)[1] if step is StepName.SCALE else _TARGETS[step]
