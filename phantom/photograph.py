"""Photographing a scalp: the picture, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.gel import add_glare, draw_bubbles
from phantom.optics import Light, Maps, Optics, Pose, scalp_maps_mm, to_ideal_px
from phantom.scalp import Hair, Scalp
from phantom.sensor import expose
from phantom.shafts import Shaft, draw_shaft
from phantom.skin import MAP_MM_PER_PX, SkinMap, paint
from phantom.truth import Truth, TruthHair

Plane = NDArray[np.float32]


class OutsideScalpError(ValueError):
    """The camera sees past the edge of the scalp that was grown."""


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """A picture and the truth about it.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR.
    truth : Truth
        Its hairs.
    """

    picture: NDArray[np.uint8]
    truth: Truth


def photograph(
    scalp: Scalp, optics: Optics, *, pose: Pose | None = None, light: Light | None = None, seed: int = 0
) -> Photograph:
    """Photograph a scalp.

    Parameters
    ----------
    scalp : Scalp
        What is seen.
    optics : Optics
        Through which it is seen.
    pose : Pose, optional
        Where the scalp lies. Default: straight, its middle in the picture's.
    light : Light, optional
        On the scalp. Default: white and even.
    seed : int
        Not negative. Of the noise and of where the glare falls.

    Returns
    -------
    Photograph

    Raises
    ------
    OutsideScalpError
        If the picture reaches past the scalp that was grown.
    """
    pose, light = pose or Pose(), light or Light()
    maps = scalp_maps_mm(optics, pose)
    _require_scalp_everywhere(scalp, maps)
    picture = _skin_seen(scalp, light, maps, seed)
    seen = [(hair, shaft) for hair in scalp.hairs if _touches(shaft := _shaft_of(hair, optics, pose), optics)]
    for _, shaft in seen:
        draw_shaft(picture, shaft, light.highlight)
    draw_bubbles(picture, scalp, optics, pose)
    hairs = sorted((_truth_of(hair, shaft, optics) for hair, shaft in seen), key=lambda h: h.hair_id)
    return Photograph(expose(picture, optics, light, seed), Truth(optics, tuple(hairs)))


def _require_scalp_everywhere(scalp: Scalp, maps: Maps) -> None:
    half = np.asarray(scalp.grown_mm) / 2
    seen = np.array([max(abs(float(m.min())), abs(float(m.max()))) for m in maps])
    if (seen > half).any():
        raise OutsideScalpError(
            f"the picture reaches {seen[0]:.1f} x {seen[1]:.1f} mm from the scalp's middle, but hair is grown to only "
            f"{half[0]:.1f} x {half[1]:.1f} mm: grow a scalp of larger size_mm or margin_mm, or move the camera less"
        )


def _skin_seen(scalp: Scalp, light: Light, maps: Maps, seed: int) -> Plane:
    low, high = (np.array([float(reduce(m)) for m in maps]) for reduce in (np.min, np.max))
    skin = paint(scalp, low, high)
    picture = _sampled(skin.colour, skin, maps)
    if light.glare > 0.0:
        add_glare(picture, _sampled(skin.glisten, skin, maps), light.glare, seed)
    return picture


def _sampled(plane: Plane, skin: SkinMap, maps: Maps) -> Plane:
    x, y = ((m - np.float32(c)) * np.float32(1.0 / MAP_MM_PER_PX) for m, c in zip(maps, skin.corner_mm, strict=True))
    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _shaft_of(hair: Hair, optics: Optics, pose: Pose) -> Shaft:
    ideal = to_ideal_px(hair.centreline_mm, optics, pose)
    steps = np.gradient(ideal, axis=0)
    tangents = steps / np.hypot(steps[:, 0], steps[:, 1])[:, None]
    width_px = hair.width_um / optics.um_per_px * optics.stretch_across(ideal, tangents)
    return Shaft(optics.distort(ideal), width_px, hair.diameter_um, hair.melanin, hair.hair_id)


def _touches(shaft: Shaft, optics: Optics) -> bool:
    """Whether the shaft covers a point of the picture."""
    x0, y0, x1, y1 = optics.edges_px
    radius = 0.5 * shaft.width_px
    x, y = shaft.centreline_px.T
    return bool(((x + radius > x0) & (x - radius < x1) & (y + radius > y0) & (y - radius < y1)).any())


def _truth_of(hair: Hair, shaft: Shaft, optics: Optics) -> TruthHair:
    line = shaft.centreline_px
    line.flags.writeable = False
    (root_x, root_y), (tip_x, tip_y) = line[0].tolist(), line[-1].tolist()
    x0, y0, x1, y1 = optics.edges_px
    return TruthHair(
        hair_id=hair.hair_id,
        unit_id=hair.unit_id,
        root_px=(root_x, root_y),
        tip_px=(tip_x, tip_y),
        centreline_px=line,
        diameter_um=hair.diameter_um,
        length_mm=hair.length_mm,
        kind=hair.kind,
        root_inside=x0 <= root_x < x1 and y0 <= root_y < y1,
    )
