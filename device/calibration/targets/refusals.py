"""Why a picture of a calibration target is refused: each names the cause and the cure in one sentence."""

from __future__ import annotations

from typing import ClassVar


class TargetRefused(Exception):
    """A picture from which nothing is calibrated; the message says why and what to do.

    Attributes
    ----------
    reason
        The same for a program, in a few words with hyphens.
    """

    reason: ClassVar[str] = "refused"


class NoTarget(TargetRefused):
    """Nothing that looks like a target is in view."""

    reason = "no-target"


class AnotherTarget(TargetRefused):
    """Something is in view, but not the target that the certificate is of."""

    reason = "another-target"


class FaceDown(TargetRefused):
    """The target is seen mirrored, through its back."""

    reason = "face-down"


class WrongPitch(TargetRefused):
    """What is seen is spaced, or sized, otherwise than certificate and lens say."""

    reason = "wrong-pitch"


class HalfOutOfView(TargetRefused):
    """The target covers too little of the picture."""

    reason = "half-out-of-view"


class Saturated(TargetRefused):
    """The target's white is as bright as the camera can say, so that edges have moved."""

    reason = "saturated"


class TooDark(TargetRefused):
    """Too little light to see the target by."""

    reason = "too-dark"


class TooBlurred(TargetRefused):
    """Edges are too wide to be placed."""

    reason = "too-blurred"


class OpenCVTooOld(TargetRefused):
    """The installed OpenCV does not read this target."""

    reason = "opencv-too-old"
