"""Photographing a scalp: the picture, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from phantom.burnt_in import Print, burn_in
from phantom.canvas import MAP_MM_PER_PX
from phantom.colour import light_of
from phantom.depth import Depth, blur_by
from phantom.gel import add_glare, add_wet, draw_bubbles
from phantom.litter import draw_fibres, draw_flecks
from phantom.motion import Motion, smear
from phantom.optics import Light, Maps, Optics, Pose, magnified, scalp_maps_mm, to_ideal_px
from phantom.scalp import Hair, Scalp
from phantom.sensor import expose, outside_field
from phantom.shafts import Shaft, draw_shaft
from phantom.skin import SkinMap, paint
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
        Its hairs, those that nobody could see among them.
    covered : ndarray of bool, shape (rows, columns)
        Where no root could be seen: in bubbles with their rims, under what is burnt in, outside of a round field, in
        saturated wet glare.
    """

    picture: NDArray[np.uint8]
    truth: Truth
    covered: NDArray[np.bool_]


def photograph(
    scalp: Scalp,
    optics: Optics,
    *,
    pose: Pose | None = None,
    light: Light | None = None,
    seed: int = 0,
    burnt_in: Print | None = None,
    motion: Motion | None = None,
    depth: Depth | None = None,
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
    burnt_in : Print, optional
        What the device prints over its picture. Default: nothing.
    motion : Motion, optional
        During the exposure. Default: none.
    depth : Depth, optional
        How what lies off the plane of focus blurs, on top of the optics' own blur. Default: not at all.

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
    picture, glisten = _skin_seen(scalp, light, maps, seed)
    covered = outside_field(optics)
    draw_flecks(picture, scalp, optics, pose, on_hair=False)
    seen = [(hair, shaft) for hair in scalp.hairs if _touches(shaft := _shaft_of(hair, scalp, optics, pose), optics)]
    for _, shaft in seen:
        draw_shaft(picture, shaft, light.highlight, linear_light=optics.linear_light)
    draw_flecks(picture, scalp, optics, pose, on_hair=True)
    draw_fibres(picture, scalp, optics, pose)
    if light.wet > 0.0:
        add_wet(picture, covered, glisten, scalp=scalp, optics=optics, pose=pose, strength=light.wet, seed=seed)
    draw_bubbles(picture, covered, scalp, optics, pose)
    if optics.linear_light:
        picture = light_of(picture)
    if depth is not None:
        blur_by(picture, depth.sigma_px(maps, optics, pose))
    if motion is not None:
        smear(picture, motion, optics.um_per_px)

    def draw_over(taken: NDArray[np.uint8]) -> None:
        if burnt_in is not None:
            np.logical_or(covered, burn_in(taken, burnt_in, optics), out=covered)

    hairs = sorted((_truth_of(hair, shaft, optics) for hair, shaft in seen), key=lambda h: h.hair_id)
    return Photograph(expose(picture, optics, light, seed, draw_over), Truth(optics, tuple(hairs), pose), covered)


def _require_scalp_everywhere(scalp: Scalp, maps: Maps) -> None:
    half = np.asarray(scalp.grown_mm) / 2
    seen = np.array([max(abs(float(m.min())), abs(float(m.max()))) for m in maps])
    if (seen > half).any():
        raise OutsideScalpError(
            f"the picture reaches {seen[0]:.1f} x {seen[1]:.1f} mm from the scalp's middle, but hair is grown to only "
            f"{half[0]:.1f} x {half[1]:.1f} mm: grow a scalp of larger size_mm or margin_mm, or move the camera less"
        )


def _skin_seen(scalp: Scalp, light: Light, maps: Maps, seed: int) -> tuple[Plane, Plane]:
    """Skin with its glare, and how much every pixel of it glistens (nothing in light that shows no glare)."""
    low, high = (np.array([float(reduce(m)) for m in maps]) for reduce in (np.min, np.max))
    skin = paint(scalp, low, high)
    picture = _sampled(skin.colour, skin, maps)
    if light.glare == light.wet == 0.0:
        return picture, np.zeros(picture.shape[:2], np.float32)
    glisten = _sampled(skin.glisten, skin, maps)
    if light.glare > 0.0:
        add_glare(picture, glisten, light.glare, seed)
    return picture, glisten


def _sampled(plane: Plane, skin: SkinMap, maps: Maps) -> Plane:
    x, y = ((m - np.float32(c)) * np.float32(1.0 / MAP_MM_PER_PX) for m, c in zip(maps, skin.corner_mm, strict=True))
    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _shaft_of(hair: Hair, scalp: Scalp, optics: Optics, pose: Pose) -> Shaft:
    ideal = to_ideal_px(hair.centreline_mm, optics, pose)
    steps = np.gradient(ideal, axis=0)
    tangents = steps / np.hypot(steps[:, 0], steps[:, 1])[:, None]
    width_px = hair.width_um / optics.um_per_px * optics.stretch_across(ideal, tangents)
    width_px = width_px * magnified(hair.centreline_mm, optics, pose)
    return Shaft(
        optics.distort(ideal),
        width_px,
        hair.diameter_um,
        hair.melanin,
        hair.hair_id,
        scalp.settings.roughness,
        scalp.settings.ragged_cut,
    )


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
