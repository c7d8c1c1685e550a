"""What it costs to turn a 12 MP still into a calibrated picture, against the same done plainly on the whole frame."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis import tone
from benchmarks.targets import Bound
from device.calibration.certificate import DotGrid as GridCertificate
from device.calibration.certificate import read_certificate
from device.calibration.correction import Correction
from device.calibration.flat_field import Evener, FlatField, measure_flat_field
from device.calibration.geometry import Geometry, fit
from device.calibration.targets.dot_grid import find_dot_grid
from device.camera.simulated import CERTIFICATES
from phantom import Optics, Pose
from phantom.targets.cards import WhiteCard
from phantom.targets.dot_grid import DotGrid
from phantom.targets.plane import photograph_target

Row = tuple[str, str, str, str]
Picture = NDArray[np.uint8]

SIZE_PX, UM_PER_PX = (4056, 3040), 2.65
_COLOUR = 0.9 * np.eye(3) + 0.1 / 3
_BOUNDS = (
    Bound("seconds", "calibrating a still", high=1.5, unit="s"),
    Bound("times", "calibrating a still: times faster than plainly on the whole frame", low=2.0, digits=1),
    Bound("peak_mb", "calibrating a still: memory beside it", high=120.0, digits=0, unit="MB"),
)


def rows(runs: int, size_px: tuple[int, int] = SIZE_PX) -> list[Row]:
    """Time both, and give (what, asked, reached, verdict) of each bound.

    Parameters
    ----------
    runs : int
        Of each; their median counts.
    size_px : (int, int)
        Of the still.
    """
    still, geometry, flat = _calibrated(size_px)
    correction = Correction(tone.to_light, Evener(flat), _COLOUR, geometry)
    ours_s, ours_mb = _cost(lambda: correction.apply(still), runs)
    plain_s, plain_mb = _cost(lambda: _plainly(still, geometry, flat, correction.size_px()), max(1, runs // 3))
    reached = {"seconds": ours_s, "times": plain_s / ours_s, "peak_mb": ours_mb}
    lines = [(b.words, b.asked(), b.shown(reached[b.figure]), b.verdict(reached[b.figure])) for b in _BOUNDS]
    return [*lines, ("the same plainly: LUT, numpy, cv2.remap", "", f"{plain_s:.2f} s, {plain_mb:.0f} MB", "")]


def _calibrated(size_px: tuple[int, int]) -> tuple[Picture, Geometry, FlatField]:
    um_per_px = UM_PER_PX * SIZE_PX[0] / size_px[0]
    optics = Optics(um_per_px=um_per_px, size_px=size_px, k1=0.015, blur_sigma_px=1.5)
    still = photograph_target(DotGrid(), optics, pose=Pose(tilt_deg=(1.0, -2.0))).picture
    certificate = read_certificate(CERTIFICATES / "dot-grid.toml")
    assert isinstance(certificate, GridCertificate)  # noqa: S101  for mypy: it is the dot grid's file
    points = find_dot_grid(still, certificate, um_per_px)
    card = photograph_target(WhiteCard(white=0.7), optics).picture
    return still, fit(points, size_px, optics.distance_mm), measure_flat_field(card, "ring")


def _plainly(still: Picture, geometry: Geometry, flat: FlatField, size_px: tuple[int, int]) -> Picture:
    """Do it as it is first written down: every step on the whole frame."""
    light = tone.to_light(still)
    light *= cv2.resize(np.asarray(flat.gain, np.float32), geometry.size_px, interpolation=cv2.INTER_LINEAR)
    light = light @ _COLOUR.T.astype(np.float32)
    x, y = np.meshgrid(*(np.arange(side) - (side - 1) / 2 for side in size_px))
    source = geometry.to_px(np.stack([x, y], axis=-1) * (geometry.um_per_px / 1000.0)).astype(np.float32)
    seen = cv2.remap(light, source[..., 0], source[..., 1], cv2.INTER_CUBIC)
    return np.asarray(np.rint(255.0 * tone.to_values(np.asarray(seen, np.float32))), np.uint8)


def _cost(work: Callable[[], Picture], runs: int) -> tuple[float, float]:
    spent = []
    for _ in range(runs):
        begun_s = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun_s)
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return median(spent), peak / 1e6
