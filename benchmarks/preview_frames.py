"""Preview frames of phantom places at a later visit: cut from one photograph of the scalp, as a hand-held camera sees.

The baseline is photographed and measured as any still.  The later scalp (hairs lost and gained, washed, clipped anew)
is photographed once, larger than the field; every frame is cut from it, turned, moved, distorted, blurred, lit and
noised of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

import analysis
from analysis import Measurement
from phantom import Light, Optics, ScalpSettings, clip, gain, grow, lose, photograph, wash

FIELD_MM = (10.8, 8.1)
BASELINE_UM, LATER_UM = 10.0, 12.5
WIDTH_PX = 640
_MARGIN_MM = 1.6
_FARTHEST_MM = (14.0, 13.0)
"""Half of the later photograph: the field moved by 0.6 of its sides and turned by 30 degrees, and more."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place at two visits.

    Parameters
    ----------
    baseline : Measurement
    picture : ndarray of uint8
        It was measured on, at ``BASELINE_UM``.
    later : ndarray of uint8
        The place and its surroundings at a later visit, at ``LATER_UM``, its middle the baseline's.
    """

    baseline: Measurement
    picture: NDArray[np.uint8]
    later: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """A frame and where it lies.

    Parameters
    ----------
    frame : ndarray of uint8
    um_per_px : float
        As the instrument has it: its nominal scale, of which the true one is up to 2 % off.
    shift_mm : (float, float)
        Of the baseline's middle, right and down of the frame's.
    turn_deg : float
        How the frame shows the baseline turned, clockwise as seen.
    """

    frame: NDArray[np.uint8]
    um_per_px: float
    shift_mm: tuple[float, float]
    turn_deg: float


def place(seed: int, field_mm: tuple[float, float] = FIELD_MM) -> Place:
    """Draw a place at both visits.

    Parameters
    ----------
    seed : int
        Not negative.
    field_mm : (float, float)
        Of the baseline.
    """
    rng = np.random.default_rng([seed, 1])
    share = np.asarray(field_mm) / np.asarray(FIELD_MM)
    farthest = np.asarray(_FARTHEST_MM) * share
    settings = ScalpSettings(
        hair_density_per_cm2=float(rng.uniform(70, 230)),
        vellus_share=float(rng.uniform(0.06, 0.3)),
        hair_colour=float(rng.choice([0.95, 0.8, 0.8, 0.6, 0.5])),
        skin_type=rng.choice(["I", "II", "III", "III", "IV"]).item(),
        direction_deg=float(rng.normal(65.0, 20.0)),
        curl_per_mm=float(rng.choice([0.02, 0.1, 0.2])),
        length_mm=(float(rng.uniform(1.0, 1.4)), 0.15),
        size_mm=(float(2 * farthest[0]), float(2 * farthest[1])),
        margin_mm=_MARGIN_MM,
    )
    full = grow(settings, seed)
    first = clip(full, float(rng.uniform(0.5, 0.9)), seed)
    picture = photograph(first, _optics(BASELINE_UM, np.asarray(field_mm)), seed=seed).picture
    changed = gain(lose(full, float(rng.uniform(0.05, 0.3)), seed), float(rng.uniform(0.0, 0.25)), seed)
    second = clip(wash(changed, seed + 1), float(rng.uniform(0.4, 1.0)), seed + 1)
    light = Light(glare=float(rng.uniform(0.0, 0.5)), highlight=float(rng.uniform(0.0, 0.4)))
    later = photograph(second, _optics(LATER_UM, 2 * farthest), light=light, seed=seed + 1).picture
    return Place(analysis.measure(picture, analysis.Optics(BASELINE_UM, 0.0)), picture, later)


def preview(
    at: Place,
    shift_share: float,
    turn_deg: float,
    rng: np.random.Generator,
    *,
    width_px: int = WIDTH_PX,
    spoilt: bool = False,
) -> Preview:
    """Cut a frame.

    Parameters
    ----------
    at : Place
    shift_share : float
        Of the field, by which the baseline's middle lies off the frame's, in a direction drawn by chance.
    turn_deg : float
        Of the baseline in the frame.
    rng : Generator
        Of all that is not given.
    width_px : int
    spoilt : bool
        Defocused, moved during the exposure, pale, or partly covered; with more noise.
    """
    field_mm = np.asarray(at.baseline.picture_px) * at.baseline.um_per_px / 1000.0
    about = rng.uniform(0, 2 * np.pi)
    shift_mm = shift_share * field_mm * np.array([np.cos(about), np.sin(about)])
    nominal_um = 1000.0 * float(field_mm[0]) / width_px
    true_um = nominal_um * float(rng.uniform(0.98, 1.02))
    size = (width_px, round(1000.0 * float(field_mm[1]) / nominal_um))
    blur_px = float(rng.uniform(0.8, 3.2)) * true_um / LATER_UM * width_px / WIDTH_PX
    soft = cv2.GaussianBlur(at.later, (0, 0), blur_px)
    x, y = _seen_mm(size, true_um, float(rng.uniform(-0.02, 0.02)))
    angle = np.deg2rad(turn_deg)
    # from the frame back to the place: moved, then turned back
    dx, dy = x - shift_mm[0], y - shift_mm[1]
    on_place = (np.cos(angle) * dx + np.sin(angle) * dy, -np.sin(angle) * dx + np.cos(angle) * dy)
    maps = [
        (mm * 1000.0 / LATER_UM + (side - 1) / 2).astype(np.float32)
        for mm, side in zip(on_place, at.later.shape[1::-1], strict=True)
    ]
    seen = cv2.remap(soft, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    frame = _lit_and_noised(seen.astype(np.float64), rng)
    if spoilt:
        frame = _spoilt(frame, rng)
    return Preview(frame, nominal_um, (float(shift_mm[0]), float(shift_mm[1])), turn_deg)


def _optics(um_per_px: float, size_mm: NDArray[np.float64]) -> Optics:
    width, height = (round(1000.0 * float(side) / um_per_px) for side in size_mm)
    return Optics(um_per_px=um_per_px, size_px=(width, height), blur_sigma_px=0.8)


def _seen_mm(size: tuple[int, int], um_per_px: float, k1: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Say what lies under each pixel, from the frame's middle, through a lens that distorts."""
    x, y = np.meshgrid(*(np.arange(side) - (side - 1) / 2 for side in size))
    squared = (x**2 + y**2) / (0.25 * (size[0] ** 2 + size[1] ** 2))
    stretch = um_per_px / 1000.0 * (1.0 - k1 * squared)
    return x * stretch, y * stretch


def _lit_and_noised(seen: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.uint8]:
    rows, columns = seen.shape[:2]
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, columns), np.linspace(-0.5, 0.5, rows))
    lean = rng.uniform(-0.3, 0.3, 2)
    light = (1 + lean[0] * x + lean[1] * y) * (1 - rng.uniform(0.1, 0.3) * 2 * (x**2 + y**2))
    lit = seen * (rng.uniform(0.6, 1.2) * light)[..., None] * rng.uniform(0.85, 1.15, 3)
    shot = 255.0 * np.sqrt(np.clip(lit, 0, 255) / 255.0 / rng.uniform(800, 9000))
    noisy = lit + np.hypot(shot, rng.uniform(0.8, 4.0)) * rng.standard_normal(lit.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def _spoilt(frame: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    plain = frame.astype(np.float32)
    match rng.integers(4):
        case 0:
            worse = cv2.GaussianBlur(plain, (0, 0), float(rng.uniform(2, 6)) * width / WIDTH_PX)
        case 1:
            worse = cv2.filter2D(plain, -1, _way(max(3, int(rng.integers(8, 40) * width / WIDTH_PX)), rng))
        case 2:
            worse = plain.mean() + (plain - plain.mean()) * float(rng.uniform(0.1, 0.4))
        case _:
            centre = int(rng.uniform(0, width)), int(rng.uniform(0, height))
            grey = float(rng.choice([20.0, 245.0]))
            worse = cv2.circle(plain, centre, int(rng.uniform(0.2, 0.5) * width), (grey, grey, grey), cv2.FILLED)
    noisy = worse + float(rng.uniform(0, 15)) * rng.standard_normal(worse.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def _way(length_px: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw the kernel of a straight movement during the exposure."""
    kernel = np.zeros((length_px, length_px), np.float32)
    middle, about = (length_px - 1) / 2, rng.uniform(0, np.pi)
    half = middle * np.array([np.cos(about), np.sin(about)])
    start, end = (np.rint(middle + side * half).astype(int).tolist() for side in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)
