"""Diameters of drawn wires of known diameter, at three focus offsets: what a hair's diameter is believed by."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.wires import calibrated, described, drawn, tried
from benchmarks.wires_on_camera import SIZE_PX, on_camera

OFF_FOCUS_DIOPTRES = (0.0, 0.9, 1.4)
"""Of the stand-in's lens: blur of 1, 1.3 and 1.6 times that of best focus."""
OFFSETS = (1.0, 1.3, 1.6)
SMALL_OFFSETS = (0.9, 1.1, 1.2)
"""Blur over that of best focus: plain ones, and such as nobody can tell from a calibration that is a little off."""
COARSE, FINE = (5.3, 4.8), (2.65, 4.0)
"""Scale in um/px and blur of best focus in um."""


def rows(runs: int) -> list[tuple[str, str, str, str]]:
    """Try `runs` pictures of 48 wires at each focus offset: through the camera, a calibrated lens, a perfect one.

    Returns
    -------
    list of (str, str, str, str)
        What, asked, reached, verdict.
    """
    seeds, lines = range(runs), []
    um_per_px, sigma_um = COARSE
    field_mm = (SIZE_PX[0] * um_per_px / 1000.0, SIZE_PX[1] * um_per_px / 1000.0)
    with on_camera(um_per_px, sigma_um, OFF_FOCUS_DIOPTRES) as takes:
        by_focus = [tried(take, seeds, field_mm) for take in takes]
    off = _listed(OFF_FOCUS_DIOPTRES)
    lines += described(
        f"wires through picamera2 and calibration, {um_per_px} um/px, {off} dioptres off focus", by_focus
    )
    for um_per_px, sigma_um in (COARSE, FINE):
        by_focus = [tried(take, seeds) for take in calibrated(um_per_px, sigma_um, OFFSETS)]
        what = f"wires through a calibrated lens, {um_per_px} um/px, blur {_listed(OFFSETS)} times the calibrated"
        lines += described(what, by_focus)
    by_focus = [tried(drawn(*COARSE, softer), seeds) for softer in SMALL_OFFSETS]
    what = f"wires, all known but the focus, {COARSE[0]} um/px, blur {_listed(SMALL_OFFSETS)} times the calibrated"
    return lines + described(what, by_focus)


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
