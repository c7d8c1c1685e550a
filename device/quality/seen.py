"""The picture as the checks look at it: grey, at one scale whatever the camera's, and where the optic shows skin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import tone
from analysis.exclusions import Frame, counting_frame
from analysis.optics import Optics
from analysis.picture import Picture, read
from analysis.view import LINE_UM_PER_PX, View

Plane: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Seen:
    """One still, prepared once for all checks.

    Parameters
    ----------
    working : Picture
        At analysis' working scale.
    view : View
        At 5.3 um/px.
    frame : Frame
        At 10.6 um/px: the counting frame, and what lies outside of the optic.
    optics : Optics
        Of the picture as it was given.
    """

    working: Picture
    view: View
    frame: Frame
    optics: Optics

    @classmethod
    def of(cls, picture: NDArray[np.generic], optics: Optics) -> Seen:
        """Prepare a still.

        Raises
        ------
        PictureUnusable
            For one that nothing can be seen on.
        """
        working = read(picture, optics.um_per_px, "bgr", linear_light=optics.linear_light)
        view = View.of(working)
        return cls(working, view, counting_frame(view.at_line_scale()), optics)

    @cached_property
    def bgr(self) -> Plane:
        """At 10.6 um/px, shape (rows, columns, 3), 0 to 1."""
        return self.view.at_line_scale()

    @cached_property
    def inside(self) -> Mask:
        """Within the optic, at 10.6 um/px."""
        return ~self.frame.outside

    @cached_property
    def whole_cm2(self) -> float:
        """Area of a counting frame of which nothing is lost, in a picture of this size."""
        guarded = np.maximum(np.array(self.frame.counts.shape) - 2 * round(100.0 / LINE_UM_PER_PX), 1)
        return float(np.prod(guarded)) * (LINE_UM_PER_PX * 1e-4) ** 2

    @cached_property
    def um_per_px(self) -> float:
        """Scale of `grey`: 5.3 but for the rounding of the picture's size."""
        return self.working.um_per_px / self.view.per_working_px[0]

    @cached_property
    def grey(self) -> Plane:
        """At `um_per_px`, shape (rows, columns), 0 to 1: light where the picture's values tell it, else values."""
        grey = np.asarray(cv2.cvtColor(self.view.bgr, cv2.COLOR_BGR2GRAY), np.float32)
        return tone.to_light(grey) if self.optics.linear_light else grey

    @cached_property
    def calibrated_sigma_um(self) -> float | None:
        """Blur at best focus, the middle one where it differs over the field; None where it is not calibrated."""
        blur = self.optics.blur_sigma_px
        return None if blur is None else float(np.median(blur)) * self.optics.um_per_px
