"""Colour: white gains from raw values, and the matrix that turns the camera's light into linear sRGB, from a chart."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from analysis.tone import to_light
from device.calibration.certificate import ColourChart
from device.calibration.cielab import delta_e_2000, lab_of, light_of
from device.calibration.flat_field import Evener
from device.calibration.mosaic import samples_by_colour, share_of_full
from device.calibration.targets.colour_chart import find_patches
from device.calibration.targets.refusals import Saturated, TargetRefused, TooDark
from device.camera.protocol import RawStill

Picture = NDArray[np.uint8]
Array = NDArray[np.float64]
Linearise = Callable[[Picture], NDArray[np.float32]]

_SMALL_PX = 900
_BRIGHTEST = 250
_DIMMEST = 0.08
_NEUTRAL_CHROMA, _NEUTRAL_LIGHTNESS = 4.0, 30.0
_RAW_LOW, _RAW_HIGH = 0.05, 0.95
_LEAST_GAIN, _MOST_GAIN = 0.25, 8.0
_ROUNDS = 25


class ColoursUnfit(TargetRefused):
    """No matrix turns what the camera sees into the chart's colours."""

    reason = "colours-unfit"


class WhiteGains(BaseModel):
    """Factors that make white white, green being 1.

    Parameters
    ----------
    red, blue
        As a camera's colour gains take them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    red: float
    blue: float


class PatchColour(BaseModel):
    """One patch: what its certificate says, what the matrix makes of it, and how far these are apart.

    Parameters
    ----------
    reference_lab, seen_lab
        L*, a*, b* under D65.
    delta_e_2000
        With the matrix of all patches.
    left_out_delta_e_2000
        With a matrix that did not see this patch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference_lab: tuple[float, float, float]
    seen_lab: tuple[float, float, float]
    delta_e_2000: float
    left_out_delta_e_2000: float


class Colour(BaseModel):
    """How the camera's light becomes linear sRGB.

    Parameters
    ----------
    gains
        Factors on linear blue, green, red that make the chart's greys grey; 1, 1, 1 where the camera's own are right.
    matrix
        From linear B, G, R after the gains to linear sRGB, rows and columns in the order B, G, R; each row adds up to
        1, so that white stays white.
    lightness_scale
        Factor on the light that the certificate's lightness asks for; for the differences only, never applied.
    mean_delta_e_2000, worst_delta_e_2000
        Over the patches.
    left_out_mean_delta_e_2000
        Each patch by a matrix that did not see it: what an unseen colour may expect.
    patches
        In the certificate's order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gains: tuple[float, float, float]
    matrix: tuple[tuple[float, float, float], ...]
    lightness_scale: float
    mean_delta_e_2000: float
    worst_delta_e_2000: float
    left_out_mean_delta_e_2000: float
    patches: tuple[PatchColour, ...]

    def whole(self) -> Array:
        """Give gains and matrix in one, shape (3, 3): ``light @ whole().T`` is linear sRGB."""
        return np.asarray(np.asarray(self.matrix) * np.asarray(self.gains), np.float64)


def white_gains(raw: RawStill) -> WhiteGains:
    """Measure white gains on the raw values of a white card, from the middle of the picture.

    Raises
    ------
    TargetRefused
        A child that says why: `Saturated`, `TooDark`, `ColoursUnfit` for a light or card that is not white or a sensor
        without colours.
    """
    levels = {c: share_of_full(raw, float(np.median(v))) for c, v in samples_by_colour(raw, 0.3).items()}
    if set(levels) != {"blue", "green", "red"}:
        raise ColoursUnfit("The sensor has no colours: leave the colour steps of the calibration out.")
    if max(levels.values()) > _RAW_HIGH:
        raise Saturated("The white card is saturated in the raw values: lower the exposure and take it again.")
    if min(levels.values()) < _RAW_LOW:
        raise TooDark(
            f"The white card has {min(levels.values()):.1%} of what the sensor holds: switch the lights on or raise "
            "the exposure, and take it again."
        )
    gains = WhiteGains(red=levels["green"] / levels["red"], blue=levels["green"] / levels["blue"])
    if not all(_LEAST_GAIN <= gain <= _MOST_GAIN for gain in (gains.red, gains.blue)):
        raise ColoursUnfit(
            f"White would need gains of {gains.red:.2f} on red and {gains.blue:.2f} on blue: lay a white card under "
            "the camera, check that the lights are white, and take it again."
        )
    return gains


def measure_colour(
    picture: Picture, certificate: ColourChart, *, linearise: Linearise = to_light, evener: Evener | None = None
) -> Colour:
    """Measure the colour matrix on a picture of a colour chart.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
        BGR; all of the chart in view.
    certificate : ColourChart
        Of the chart.
    linearise : callable
        What turns a picture into linear light; the sRGB curve by default.
    evener : Evener, optional
        The flat field that is in force; without one the light has to be even.

    Raises
    ------
    TargetRefused
        A child that says why: `NoTarget`, `AnotherTarget`, `HalfOutOfView`, `FaceDown`, `Saturated`, `TooDark`,
        `ColoursUnfit`.
    """
    light, brightest = _small(picture, linearise, evener)
    if float(np.quantile(light, 0.995)) < _DIMMEST:
        raise TooDark("The colour chart is too dark: raise the exposure or the light and take it again.")
    reference_lab = np.asarray(certificate.patches_lab, float)
    patches = find_patches(light, certificate.columns, certificate.rows, light_of(reference_lab))
    for quad in patches.corners_px:
        x, y = np.rint(quad.mean(axis=0)).astype(int)
        if np.median(brightest[y - 2 : y + 3, x - 2 : x + 3]) >= _BRIGHTEST:
            raise Saturated(
                "A patch of the colour chart is as bright as the camera can say: lower the exposure or the light and "
                "take it again."
            )
    return fit_colour(patches.light, reference_lab)


def fit_colour(light: Array, reference_lab: Array) -> Colour:
    """Fit gains and matrix to patches.

    Least squares of the differences in CIELAB (Finlayson and Drew 1997, J. Electron. Imaging 6:484, for keeping white),
    begun with those in linear light.

    Parameters
    ----------
    light : ndarray, shape (n, 3)
        Linear B, G, R of the patches, as the camera sees them.
    reference_lab : ndarray, shape (n, 3)
        L*, a*, b* under D65 that they have; at least one patch a light grey.

    Raises
    ------
    ColoursUnfit
        If the chart has no grey, fewer than 8 patches, or colours that do not tell three channels apart.
    """
    neutral = (np.hypot(*reference_lab[:, 1:].T) < _NEUTRAL_CHROMA) & (reference_lab[:, 0] > _NEUTRAL_LIGHTNESS)
    if len(light) < 8 or not neutral.any():
        raise ColoursUnfit("The chart needs 8 patches or more, one of them a light grey: use another colour chart.")
    # the greys' own slight tints, by their certificate, are no fault of the camera's
    wanted = light_of(reference_lab[neutral])
    gains = (light[neutral] * wanted).sum(axis=0) / (light[neutral] ** 2).sum(axis=0)
    gains = gains / gains[1]
    balanced = light * gains
    if np.linalg.cond(balanced / balanced.mean()) > 1e3:
        raise ColoursUnfit("The three channels see the same in every patch: the picture has no colours; take it again.")
    found = _fit(balanced, reference_lab)
    seen = lab_of(_apply(found, balanced))
    apart = delta_e_2000(seen, reference_lab)
    left_out = np.empty(len(light))
    for k in range(len(light)):
        others = np.arange(len(light)) != k
        without = _fit(balanced[others], reference_lab[others])
        left_out[k] = delta_e_2000(lab_of(_apply(without, balanced[k])), reference_lab[k])
    return Colour(
        gains=_triple(gains),
        matrix=tuple(_triple(row) for row in _matrix(found)),
        lightness_scale=float(found[6]),
        mean_delta_e_2000=float(apart.mean()),
        worst_delta_e_2000=float(apart.max()),
        left_out_mean_delta_e_2000=float(left_out.mean()),
        patches=tuple(
            PatchColour(
                reference_lab=_triple(reference_lab[k]),
                seen_lab=_triple(seen[k]),
                delta_e_2000=float(apart[k]),
                left_out_delta_e_2000=float(left_out[k]),
            )
            for k in range(len(light))
        ),
    )


def _small(picture: Picture, linearise: Linearise, evener: Evener | None) -> tuple[NDArray[np.float32], Picture]:
    """Give the picture in linear light and its brightest codes, both reduced by a whole factor, strip by strip."""
    shrink = max(1, round(max(picture.shape[:2]) / _SMALL_PX))
    columns, height = picture.shape[1] // shrink, 64 * shrink
    lights, codes = [], []
    for top in range(0, picture.shape[0] // shrink * shrink, height):
        strip = picture[top : min(top + height, picture.shape[0] // shrink * shrink)]
        light = linearise(np.ascontiguousarray(strip))
        if evener is not None:
            evener.even(light, top)
        size = (columns, len(strip) // shrink)
        lights.append(cv2.resize(light[:, : columns * shrink], size, interpolation=cv2.INTER_AREA))
        widest = np.ascontiguousarray(strip[:, : columns * shrink].max(axis=2))
        codes.append(cv2.resize(widest, size, interpolation=cv2.INTER_AREA))
    return np.vstack(lights), np.vstack(codes).astype(np.uint8)


def _matrix(parameters: Array) -> Array:
    """Six numbers as a matrix whose rows add up to 1."""
    off = parameters[:6].reshape(3, 2)
    return np.eye(3) + np.stack([off[:, 0], -off[:, 0] - off[:, 1], off[:, 1]], axis=1)


def _apply(parameters: Array, light: Array) -> Array:
    return np.asarray(parameters[6] * light @ _matrix(parameters).T)


def _fit(light: Array, reference_lab: Array) -> Array:
    """Fit the matrix's six numbers and the factor on the light, by Gauss and Newton in CIELAB."""
    wanted = light_of(reference_lab)
    factor = float((light * wanted).sum() / (light**2).sum())
    blue, green, red = (light * factor).T
    steps = np.stack([blue - green, red - green], axis=1)
    start = [np.linalg.lstsq(steps, wanted[:, row] - factor * light[:, row], rcond=None)[0] for row in range(3)]
    parameters = np.array([*np.concatenate(start), factor])
    off, damping = (lab_of(_apply(parameters, light)) - reference_lab).ravel(), 1e-3
    for _ in range(_ROUNDS):
        slopes = np.empty((off.size, 7))
        for k in range(7):
            nudged = parameters.copy()
            nudged[k] += 1e-5
            slopes[:, k] = ((lab_of(_apply(nudged, light)) - reference_lab).ravel() - off) / 1e-5
        normal = slopes.T @ slopes
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), slopes.T @ off)
        tried = parameters - step
        left = (lab_of(_apply(tried, light)) - reference_lab).ravel()
        if left @ left > off @ off:
            damping *= 10
            continue
        parameters, off, damping = tried, left, damping / 10
        if np.abs(step).max() < 1e-8:
            break
    return parameters


def _triple(values: Array) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
