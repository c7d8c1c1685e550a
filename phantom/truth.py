"""What is true of a photograph: its hairs, where and how thick, and the figures that a measurement should give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from phantom.optics import Optics, Pose, to_scalp_mm
from phantom.scalp import Kind, Points

Frame: TypeAlias = tuple[float, float, float, float]
Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"

_EDGE_POINTS = 64


@dataclass(frozen=True, slots=True, eq=False)
class TruthHair:
    """A hair of which some part is in the picture.

    Parameters
    ----------
    hair_id, unit_id : int
        The scalp's own, the same on every photograph of it.
    root_px, tip_px : (float, float)
        Where the shaft leaves the skin, and its other end, (x, y); either may lie outside of the picture.
    centreline_px : ndarray, shape (n, 2)
        The shaft's middle from root to tip as the picture shows it, parts outside of the picture included.
    diameter_um : float
        Median projected width over the whole shaft.
    length_mm : float
        Of the whole shaft, along it.
    kind : {"terminal", "vellus"}
        With the cut-off at 40 um.
    root_inside : bool
        Whether the root is in the picture.
    """

    hair_id: int
    unit_id: int
    root_px: tuple[float, float]
    tip_px: tuple[float, float]
    centreline_px: Points
    diameter_um: float
    length_mm: float
    kind: Kind
    root_inside: bool

    def as_dict(self) -> dict[str, Json]:
        """Give the hair as JSON-ready values, its centreline to 0.1 px."""
        return {
            "hair_id": self.hair_id,
            "unit_id": self.unit_id,
            "root_px": [round(v, 2) for v in self.root_px],
            "tip_px": [round(v, 2) for v in self.tip_px],
            "diameter_um": round(self.diameter_um, 2),
            "length_mm": round(self.length_mm, 4),
            "kind": self.kind,
            "root_inside": self.root_inside,
            "centreline_px": [[round(float(x), 1), round(float(y), 1)] for x, y in self.centreline_px],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The hairs of a photograph.

    Parameters
    ----------
    optics : Optics
        Through which it was taken.
    hairs : tuple of TruthHair
        All of which any part is in the picture, in the order of their ids.
    pose : Pose
        In which the scalp lay.
    """

    optics: Optics
    hairs: tuple[TruthHair, ...]
    pose: Pose = field(default_factory=Pose)

    def rooted_in(self, frame_px: Frame | None = None) -> tuple[TruthHair, ...]:
        """Hairs whose root lies in a frame.

        Parameters
        ----------
        frame_px : (float, float, float, float) or None
            Edges x0, y0, x1, y1 in pixel coordinates, the first two included; None for the whole picture, whose edges
            are (-0.5, -0.5, width - 0.5, height - 0.5).
        """
        x0, y0, x1, y1 = frame_px or self.optics.edges_px
        return tuple(h for h in self.hairs if x0 <= h.root_px[0] < x1 and y0 <= h.root_px[1] < y1)

    def area_cm2(self, frame_px: Frame | None = None) -> float:
        """Area of scalp in a frame, distortion and tilt taken out of its edges."""
        x0, y0, x1, y1 = frame_px or self.optics.edges_px
        walk = np.linspace(0.0, 1.0, _EDGE_POINTS, endpoint=False)
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        outline = np.concatenate(
            [a + walk[:, None] * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)]
        )
        x, y = (to_scalp_mm(outline, self.optics, self.pose) * 0.1).T
        return float(0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))

    def density_per_cm2(self, frame_px: Frame | None = None) -> float:
        """Hairs rooted in the frame over its area."""
        return len(self.rooted_in(frame_px)) / self.area_cm2(frame_px)

    def mean_diameter_um(self, frame_px: Frame | None = None) -> float:
        """Mean diameter of the hairs rooted in the frame; NaN where there is none."""
        diameters = [h.diameter_um for h in self.rooted_in(frame_px)]
        return float(np.mean(diameters)) if diameters else float("nan")

    def as_dict(self) -> dict[str, Json]:
        """Give the truth as JSON-ready values."""
        return {
            "um_per_px": self.optics.um_per_px,
            "size_px": list(self.optics.size_px),
            "hairs": [hair.as_dict() for hair in self.hairs],
        }
