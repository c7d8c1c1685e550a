"""Wires of known diameter, strewn like clipped hair: photographed, measured as hair is, and compared with the truth.

Where a picture comes from is kept apart from how its wires are judged (`errors_of`): `drawn` photographs them as a
perfectly calibrated picture shows them, `calibrated` through a lens that distorts, stands askew and shades, as targets
calibrate it, and `benchmarks.wires_on_camera` with the whole camera; all by the same signature, `Take`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis import Hair, Measurement, measure, tone
from analysis import Optics as KnownOptics
from benchmarks.targets import Bound
from device.calibration import certificate
from device.calibration.blur import measure_blur
from device.calibration.correction import Correction, correction_of
from device.calibration.geometry import fit
from device.calibration.record import Results
from device.calibration.response import Response
from device.calibration.targets.dot_grid import find_dot_grid
from phantom import Optics, Pose
from phantom.targets.dot_grid import FIDUCIALS, DotGrid
from phantom.targets.edges import SlantedEdges
from phantom.targets.plane import Target, photograph_target
from phantom.targets.wires import Wire, Wires

DIAMETERS_UM = (20.0, 30.0, 50.0, 80.0, 100.0)
FINEST_UM = 20.0
"""May be said to be at most so wide, where the blur does not resolve it."""
FIELD_MM = (10.7, 8.0)
APART_MM = 1.25
"""Wires lie on a lattice, shaken, so that none crosses another: 48 in the field."""
LENGTH_MM = (0.8, 1.0)
SHAKEN_MM = 0.08
WITHIN_MM = 0.25
"""A hair whose middle lies so near a wire's is that wire."""

GRID = certificate.DotGrid(
    certificate_id="drawn-grid",
    issued_on=date(2026, 1, 1),
    pitch_um=500.0,
    pitch_sd_um=0.05,
    dot_diameter_um=250.0,
    columns=31,
    rows=25,
    fiducials=FIDUCIALS,
    fiducial_diameter_um=360.0,
)
EDGES = certificate.SlantedEdge(
    certificate_id="drawn-edges", issued_on=date(2026, 1, 1), square_um=600.0, pitch_um=1250.0, slant_deg=5.0
)
"""Of the targets that `calibrated` draws."""
ASKEW = Pose(tilt_deg=(2.0, 2.2))
"""Three degrees in all."""

BIAS = Bound("bias", "bias", -1.0, 1.0, 2, "um")
SPREAD = Bound("spread", "spread", high=1.0, unit="um")
MEASURED = Bound("measured", "measured", low=0.95, digits=1, unit="%")

Picture: TypeAlias = NDArray[np.uint8]
Points: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A calibrated picture of wires.

    Parameters
    ----------
    picture : ndarray of uint8, shape (rows, columns, 3)
    optics : analysis.Optics
        What calibration knows of it.
    to_px : callable
        From points (n, 2) of the target in mm to (x, y) of the picture.
    """

    picture: Picture
    optics: KnownOptics
    to_px: Callable[[Points], Points]


Take: TypeAlias = Callable[[Wires, int], Seen]
"""Photographs wires; the number is the seed of the noise."""


@dataclass(frozen=True, slots=True)
class WireError:
    """What was said of one wire.

    Parameters
    ----------
    diameter_um : float
        True.
    error_um : float or None
        Measured less true; of a limit too. None where no hair, or no diameter, was found there.
    limited : bool
        It was said to be at most so wide.
    """

    diameter_um: float
    error_um: float | None
    limited: bool


def strewn(seed: int, field_mm: tuple[float, float] = FIELD_MM, diameters_um: Sequence[float] = DIAMETERS_UM) -> Wires:
    """Lay wires of all diameters, as many of each, about the middle of a field in all directions."""
    rng = np.random.default_rng([seed, 91])
    columns, rows = (max(1, int((side - LENGTH_MM[1]) / APART_MM) + 1) for side in field_mm)
    chosen_um = rng.permutation(np.resize(np.asarray(diameters_um), columns * rows))
    wires = []
    for number, diameter_um in enumerate(chosen_um):
        row, column = divmod(number, columns)
        place = (np.array([column, row]) - [(columns - 1) / 2, (rows - 1) / 2]) * APART_MM
        x_mm, y_mm = place + rng.uniform(-SHAKEN_MM, SHAKEN_MM, 2)
        angle_deg, length_mm = rng.uniform(0.0, 180.0), rng.uniform(*LENGTH_MM)
        wires.append(Wire((float(x_mm), float(y_mm)), float(angle_deg), float(length_mm), float(diameter_um)))
    return Wires(tuple(wires))


def drawn(um_per_px: float, sigma_um: float, softer: float, field_mm: tuple[float, float] = FIELD_MM) -> Take:
    """Photograph wires as a perfectly calibrated picture shows them: even light, blur and a camera's noise.

    Parameters
    ----------
    um_per_px : float
        Known exactly.
    sigma_um : float
        Calibrated blur, of best focus.
    softer : float
        The picture's own blur over the calibrated one.
    field_mm : (float, float)
        Width and height of what is seen.
    """
    known = KnownOptics(um_per_px, blur_sigma_px=sigma_um / um_per_px, linear_light=True)
    camera = _camera(um_per_px, softer * sigma_um, field_mm)

    def take(wires: Wires, seed: int) -> Seen:
        return Seen(photograph_target(wires, camera, seed=seed).picture, known, _to_px(known, camera.size_px))

    return take


def calibrated(
    um_per_px: float, sigma_um: float, softer: Sequence[float], field_mm: tuple[float, float] = FIELD_MM
) -> list[Take]:
    """Calibrate a lens of 2 % distortion, 3 degrees askew, by a dot grid and slanted edges, then photograph wires.

    Parameters
    ----------
    um_per_px : float
        In the picture's middle, were the lens straight.
    sigma_um : float
        Blur of best focus there, at which it is calibrated.
    softer : sequence of float
        Blur of the pictures of wires over that of best focus: a `Take` for each.
    field_mm : (float, float)
        Width and height of what is seen.
    """
    camera = askew_camera(um_per_px, sigma_um, field_mm)

    def still(target: Target, seed: int) -> Picture:
        return photograph_target(target, camera, pose=ASKEW, seed=seed).picture

    lens = calibrate(still, camera)

    def taking(defocused: Optics) -> Take:
        return lambda wires, seed: lens.seen(photograph_target(wires, defocused, pose=ASKEW, seed=seed).picture)

    return [taking(replace(camera, blur_sigma_px=times * camera.blur_sigma_px)) for times in softer]


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedLens:
    """What turns stills into calibrated pictures, and what is then known of them."""

    correction: Correction
    optics: KnownOptics

    def seen(self, still: Picture) -> Seen:
        """Correct a still of wires."""
        picture = self.correction.apply(still)
        return Seen(picture, self.optics, _to_px(self.optics, (picture.shape[1], picture.shape[0])))


def calibrate(
    still: Callable[[Target, int], Picture], camera: Optics, response: Response | None = None
) -> CalibratedLens:
    """Calibrate scale, distortion, tilt and blur by stills of a dot grid and of slanted edges.

    Parameters
    ----------
    still : callable
        Takes a still of a target; the number is the seed of what is chance in it.
    camera : Optics
        Whose size, nominal scale and working distance hold.
    response : Response, optional
        The camera's tone curve. Default: sRGB's.
    """
    grid = still(DotGrid(), 1)
    light = tone.to_light(grid) if response is None else response.linearise(grid)
    geometry = fit(find_dot_grid(light, GRID, camera.um_per_px), camera.size_px, camera.distance_mm)
    correction = correction_of(Results(geometry=geometry, response=response), "as-it-is")
    edges = correction.apply(still(SlantedEdges(pitch_mm=1.25, side_mm=0.6), 2))
    blur = measure_blur(edges, EDGES, correction.um_per_px)
    known = KnownOptics(correction.um_per_px, geometry.um_per_px_sd, blur.grid(), linear_light=True)
    return CalibratedLens(correction, known)


def askew_camera(um_per_px: float, sigma_um: float, field_mm: tuple[float, float]) -> Optics:
    """Give a lens that distorts and shades, to be held `ASKEW`."""
    return replace(_camera(um_per_px, sigma_um, field_mm), k1=0.02, vignette=0.2)


def errors_of(seen: Seen, wires: Wires) -> list[WireError]:
    """Measure a picture of wires as one of hair, and compare each wire with the hair that was found there."""
    measured = measure(seen.picture, seen.optics)
    middles_mm = np.array([wire.middle_mm for wire in wires.wires])
    within_px = WITHIN_MM * 1000.0 / seen.optics.um_per_px
    return [
        _error(wire.diameter_um, _hair_at(place, measured, within_px))
        for wire, place in zip(wires.wires, seen.to_px(middles_mm), strict=True)
    ]


def tried(take: Take, seeds: Iterable[int], field_mm: tuple[float, float] = FIELD_MM) -> list[WireError]:
    """Strew, photograph and measure wires, anew for each seed."""
    errors = []
    for seed in seeds:
        wires = strewn(seed, field_mm)
        errors += errors_of(take(wires, seed), wires)
    return errors


def described(what: str, by_focus: Sequence[list[WireError]]) -> list[tuple[str, str, str, str]]:
    """Word what was reached for every diameter at the focus offsets: what, asked, reached, verdict."""
    told = []
    for diameter_um in sorted({error.diameter_um for errors in by_focus for error in errors}):
        of_this = [[error for error in errors if error.diameter_um == diameter_um] for errors in by_focus]
        told.append(_row(f"{what}: {diameter_um:.0f} um", diameter_um, of_this))
    everything = [error for errors in by_focus for error in errors]
    share = sum(error.error_um is not None for error in everything) / max(len(everything), 1)
    counted = f"{MEASURED.shown(share)} of {len(everything)}"
    return [*told, (f"{what}: wires with a diameter", MEASURED.asked(), counted, MEASURED.verdict(share))]


def _camera(um_per_px: float, sigma_um: float, field_mm: tuple[float, float]) -> Optics:
    width, height = (2 * round(500 * side / um_per_px) for side in field_mm)
    return Optics(um_per_px=um_per_px, size_px=(width, height), blur_sigma_px=sigma_um / um_per_px, vignette=0.0)


def _to_px(known: KnownOptics, size_px: tuple[int, int]) -> Callable[[Points], Points]:
    """Place a target that lies straight, its middle in the picture's."""
    middle = (np.asarray(size_px) - 1) / 2
    return lambda mm: np.asarray(middle + mm * (1000.0 / known.um_per_px))


def _hair_at(place_px: Points, measured: Measurement, within_px: float) -> Hair | None:
    def off_px(hair: Hair) -> float:
        return float(np.hypot(*(np.add(hair.root_px, hair.tip_px) / 2 - place_px)))

    nearest = min(measured.hairs, key=off_px, default=None)
    return nearest if nearest is not None and off_px(nearest) < within_px else None


def _error(diameter_um: float, hair: Hair | None) -> WireError:
    if hair is None or hair.diameter_um is None:
        return WireError(diameter_um, None, limited=False)
    return WireError(diameter_um, hair.diameter_um - diameter_um, hair.diameter_limited)


def _row(what: str, diameter_um: float, by_focus: Sequence[list[WireError]]) -> tuple[str, str, str, str]:
    words, verdicts = [], []
    for errors in by_focus:
        said = [error.error_um for error in errors if error.error_um is not None and not error.limited]
        limits = [error.error_um for error in errors if error.error_um is not None and error.limited]
        parts = []
        if said:
            # a lone wire has no spread, and a figure that is missing is never met
            bias, spread = float(np.mean(said)), float(np.std(said, ddof=1)) if len(said) > 1 else float("nan")
            parts.append(f"{bias:+.2f} +- {spread:.2f}")
            verdicts += [BIAS.verdict(bias), SPREAD.verdict(spread)]
        if limits:
            parts.append(f"<= {diameter_um + float(np.median(limits)):.0f} um ({len(limits)} of {len(errors)})")
            allowed = diameter_um <= FINEST_UM and min(limits) >= 0.0
            verdicts.append("met" if allowed else "**said as a limit, or a limit below the truth**")
        if not parts:
            verdicts.append("not measured")
        words.append(", ".join(parts) or "none")
    short = next((verdict for verdict in verdicts if verdict != "met"), "met")
    limit = ', or "<="' if diameter_um <= FINEST_UM else ""
    return what, f"bias {BIAS.asked()}, {SPREAD.words} {SPREAD.asked()}{limit}", " / ".join(words) + " um", short
