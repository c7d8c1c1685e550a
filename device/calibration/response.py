"""The camera's tone curve, from an exposure sweep on a white card: which linear light each code stands for.

Light is exposure time times a constant of each channel; codes of all channels together sample one curve, smoothed as a
table (in the manner of Debevec and Malik 1997).  The table is smooth in a power of the light that the sweep itself
tells, so that a straight curve and an sRGB one are both nearly straight lines in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from device.calibration.targets.refusals import HalfOutOfView, Saturated, TargetRefused, TooDark

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]

CODES = 256
FEWEST_STEPS = 8
_BRIGHTEST = 250
_MOST_CLIPPED = 0.001
_LOWEST_TOP, _HIGHEST_BOTTOM = 170.0, 60.0
_MIDDLE = 0.25
"""Side of what is read, as a share of the picture's: there the light is evenest."""
_STIFFNESS = 60.0
_DRAWN_ON_FROM = 30
_ROUNDS = 30
_WORST_RESIDUAL = 0.03


class SweepUnfit(TargetRefused):
    """An exposure sweep tells no tone curve."""

    reason = "sweep-unfit"


class UnsteadyLight(TargetRefused):
    """The codes do not rise with the exposure as one curve."""

    reason = "unsteady-light"


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """A picture of the white card, and the exposure time that its metadata show.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR.
    exposure_us : float
    """

    picture: Picture
    exposure_us: float


class Response(BaseModel):
    """The tone curve.

    Parameters
    ----------
    light
        Linear light that each code from 0 to 255 stands for, 0 to 1; never falls.
    dark_code
        Code of darkness, of which and below which the light is 0.
    lowest_code, highest_code
        The range that the sweep covered; beyond, the table is drawn on.
    residual_rms
        Of light about exposure time, as a share of the light, for codes above 16.
    steps
        Exposures that were used.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    light: Annotated[tuple[float, ...], Field(min_length=CODES, max_length=CODES)]
    dark_code: float
    lowest_code: float
    highest_code: float
    residual_rms: float
    steps: int

    @model_validator(mode="after")
    def _rises(self) -> Response:
        if any(later < earlier for earlier, later in zip(self.light, self.light[1:], strict=False)):
            raise ValueError("light falls where the code rises")
        if self.light[0] < 0 or self.light[-1] != 1:
            raise ValueError("light has to go from 0 to 1")
        return self

    def linearise(self, picture: Picture) -> NDArray[np.float32]:
        """Turn codes into linear light from 0 to 1, of the same shape.

        A picture of 12 MP gives 146 MB: hand it over in strips of rows.
        """
        table = np.asarray(self.light, np.float32)
        return np.asarray(cv2.LUT(picture.reshape(-1, 1), table), np.float32).reshape(picture.shape)


def measure_response(sweep: Sequence[Exposed], dark: Picture) -> Response:
    """Measure the tone curve.

    Parameters
    ----------
    sweep : sequence of Exposed
        The white card at `FEWEST_STEPS` exposure times or more, in any order, under the same light and settings; those
        that are saturated are left out. Ratios of 1.2 to 1.5 from step to step serve well.
    dark : ndarray of uint8, shape (rows, columns, 3)
        Without light, at one of these exposure times.

    Raises
    ------
    TargetRefused
        A child that says why: `SweepUnfit`, `Saturated`, `TooDark`, `UnsteadyLight`, `HalfOutOfView`.
    """
    dark_code = float(np.mean([_code(_middle(dark)[:, :, c]) for c in range(3)]))
    if dark_code > 40:
        raise SweepUnfit(
            f"The dark picture has the code {dark_code:.0f}, which is not dark: switch the lights off, cover the "
            "camera, and take it again."
        )
    exposures_us, codes = _steps(sweep)
    bottom, top = float(codes.min()), float(codes.max())
    if top < _LOWEST_TOP or bottom > _HIGHEST_BOTTOM:
        raise SweepUnfit(
            f"The sweep goes from code {bottom:.0f} to {top:.0f}: add shorter and longer exposures until it goes from "
            f"below {_HIGHEST_BOTTOM:.0f} to above {_LOWEST_TOP:.0f} without saturating."
        )
    table, residual = _table(exposures_us, codes, dark_code)
    if residual > _WORST_RESIDUAL:
        raise UnsteadyLight(
            f"Light and exposure time disagree by {residual:.1%}: let the lights warm up, keep daylight away, switch "
            "off automatic exposure and gain, and take the sweep again."
        )
    return Response(
        light=tuple(float(light) for light in table),
        dark_code=dark_code,
        lowest_code=bottom,
        highest_code=top,
        residual_rms=residual,
        steps=len(exposures_us),
    )


def _middle(picture: Picture) -> Picture:
    rows, columns = picture.shape[:2]
    high, wide = max(8, int(_MIDDLE * rows)), max(8, int(_MIDDLE * columns))
    top, left = (rows - high) // 2, (columns - wide) // 2
    return picture[top : top + high, left : left + wide]


def _code(values: Picture) -> float:
    """Give the median to a fraction of a code, as of grouped data.

    A mean would be that of bent noise: in the dark, where the curve bends most, it is another code.
    """
    counts = np.bincount(values.ravel(), minlength=CODES)
    below = np.concatenate([[0], np.cumsum(counts)])
    half = values.size / 2
    code = int(np.searchsorted(below, half, side="left")) - 1
    return float(max(code - 0.5 + (half - below[code]) / counts[code], 0.0))


def _steps(sweep: Sequence[Exposed]) -> tuple[Array, Array]:
    """Exposure times, shape (n,), and codes, shape (n, 3), in rising order, without what is saturated."""
    exposures_us, codes, saturated = [], [], 0
    for step in sorted(sweep, key=lambda s: s.exposure_us):
        middle = _middle(step.picture)
        if np.mean(middle.max(axis=2) >= _BRIGHTEST) > _MOST_CLIPPED:
            saturated += 1
            continue
        exposures_us.append(step.exposure_us)
        codes.append([_code(middle[:, :, c]) for c in range(3)])
        _require_even(middle)
    if len(set(exposures_us)) < FEWEST_STEPS:
        if saturated > len(exposures_us):
            raise Saturated(
                f"{saturated} of {len(sweep)} exposures are saturated: lower the light or the exposures and take the "
                "sweep again."
            )
        raise SweepUnfit(
            f"{len(set(exposures_us))} different exposures can be used, {FEWEST_STEPS} are needed: add exposures that "
            "are not saturated."
        )
    times, levels = np.asarray(exposures_us, float), np.asarray(codes)
    if levels.max() < 30:
        raise TooDark("The card is dark at every exposure: switch the lights on and take the sweep again.")
    longer = np.diff(times) > 1e-9
    if (np.diff(levels, axis=0)[longer] < -1.0).any():
        raise UnsteadyLight(
            "A longer exposure gave a darker picture: let the lights warm up, keep the card still and daylight away, "
            "and take the sweep again."
        )
    return times, levels


def _require_even(middle: Picture) -> None:
    """Refuse a middle of which a quarter differs from its whole: an edge of the card runs through it."""
    green = middle[:, :, 1]
    if (median := float(np.median(green))) < 30:
        return
    low, high = np.quantile(green, [0.1, 0.9])
    if low < 0.75 * median or high > 1.3 * median:
        raise HalfOutOfView(
            "The middle of the picture is not even: lay a clean white card so that it fills the picture, and take the "
            "sweep again."
        )


def _table(exposures_us: Array, codes: Array, dark_code: float) -> tuple[Array, float]:
    """Light by code from 0 to 1, shape (256,), and the residual as a share of the light."""
    exposures = exposures_us / exposures_us.max()
    power = _power(exposures, codes, dark_code)
    factors = np.ones(codes.shape[1])
    bent = np.zeros(CODES)
    for _ in range(_ROUNDS):
        wanted = (exposures[:, None] * factors) ** (1 / power)
        bent = _smooth(codes.ravel(), wanted.ravel())
        light = np.interp(codes, np.arange(CODES), bent) ** power
        # each channel's own constant, the second's being 1, by what the curve makes of its codes
        fresh = (light * exposures[:, None]).sum(axis=0) / (exposures[:, None] ** 2).sum(axis=0)
        fresh /= fresh[1]
        if np.abs(fresh / factors - 1).max() < 1e-7:
            break
        factors = fresh
    light = np.interp(codes, np.arange(CODES), bent) ** power
    known = codes > 16
    off = (light / (exposures[:, None] * factors) - 1)[known]
    table = np.maximum.accumulate(_drawn_on_to_the_dark(bent**power, codes, dark_code))
    return table / table[-1], float(np.sqrt(np.mean(off**2)))


def _power(exposures: Array, codes: Array, dark_code: float) -> float:
    """Exponent of the curve in the middle of its range."""
    powers = []
    for channel in codes.T:
        held = (channel > dark_code + 20) & (channel < 240)
        if held.sum() >= 3:
            powers.append(np.polyfit(np.log(channel[held] - dark_code), np.log(exposures[held]), 1)[0])
    return float(np.clip(np.median(powers), 0.5, 4.0)) if powers else 2.0


def _drawn_on_to_the_dark(light: Array, codes: Array, dark_code: float) -> Array:
    """Replace what lies below the sweep by the power of the code above the dark that the lowest codes of it show."""
    bottom = int(np.ceil(codes.min()))
    above = np.arange(CODES) - dark_code
    if above[bottom] < 2:
        return np.where(above <= 0, 0.0, light)
    span = max(8, bottom // 2)
    slope = np.log(light[bottom + span] / light[bottom]) / np.log(above[bottom + span] / above[bottom])
    share = np.clip(above[: bottom + 1] / above[bottom], 0, None)
    # between straight, as a coding's toe is, and a steep power
    drawn = light.copy()
    drawn[: bottom + 1] = light[bottom] * share ** np.clip(slope, 1.0, 3.0)
    return drawn


def _smooth(codes: Array, wanted: Array) -> Array:
    """Draw a smooth table through points: least squares with a penalty on the third difference."""
    at = np.arange(CODES)
    below = np.clip(np.floor(codes).astype(int), 0, CODES - 2)
    share = codes - below
    rows = np.zeros((len(codes), CODES))
    rows[np.arange(len(codes)), below], rows[np.arange(len(codes)), below + 1] = 1 - share, share
    bends = _STIFFNESS * np.diff(np.eye(CODES), 3, axis=0)
    system = np.vstack([rows, bends])
    table = np.linalg.lstsq(system, np.concatenate([wanted, np.zeros(len(bends))]), rcond=None)[0]
    # beyond the sweep a straight line: a bend drawn on would run away
    top = int(codes.max())
    slope = (table[top] - table[top - _DRAWN_ON_FROM]) / _DRAWN_ON_FROM
    table[top:] = table[top] + slope * (at[top:] - top)
    return np.asarray(np.clip(table, 0.0, None), np.float64)
