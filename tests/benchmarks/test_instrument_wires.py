"""The wires' benchmark: a tiny run of it, and that it says so where wires are measured wrongly or not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis import Optics as KnownOptics
from benchmarks.wires import (
    DIAMETERS_UM,
    Seen,
    Take,
    WireError,
    calibrated,
    described,
    drawn,
    strewn,
    tried,
)
from benchmarks.wires_on_camera import on_camera
from phantom.targets.wires import Wires
from tests.libcamera.stack import PICAMERA2_WARNINGS

SMALL_MM = (5.0, 3.8)
"""Of 12 wires."""


def verdicts(rows: list[tuple[str, str, str, str]]) -> dict[str, str]:
    """By the last word of what was tried."""
    return {what.rpartition(": ")[2]: verdict for what, _, _, verdict in rows}


def test_wires_lie_apart_in_all_directions() -> None:
    """Wires that cross would be left out, and with them what a benchmark is to show."""
    wires = strewn(3).wires
    assert len(wires) == 48
    assert sorted({wire.diameter_um for wire in wires}) == list(DIAMETERS_UM)
    middles = np.array([wire.middle_mm for wire in wires])
    apart = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1)) + 9 * np.eye(len(wires))
    assert apart.min() > max(wire.length_mm for wire in wires)
    assert np.histogram([wire.angle_deg for wire in wires], 3, (0, 180))[0].min() >= 8


def test_a_tiny_run_of_perfectly_known_pictures_is_met() -> None:
    """A wrong pixel, blur or tone in how wires are drawn would be laid at the measuring's door."""
    by_focus = [tried(drawn(5.3, 4.8, softer, SMALL_MM), range(2), SMALL_MM) for softer in (1.0, 1.4)]
    told = verdicts(described("wires", by_focus))
    assert set(told) == {*(f"{diameter_um:.0f} um" for diameter_um in DIAMETERS_UM), "wires with a diameter"}
    assert set(told.values()) == {"met"}


def test_a_lens_calibrated_by_targets_measures_wires() -> None:
    """What calibration gives and what measuring takes would not fit together: scale, blur, tone, places."""
    field_mm = (7.0, 5.4)
    (take,) = calibrated(5.3, 4.8, (1.0,), field_mm)
    errors = tried(take, range(1), field_mm)
    off_um = np.array([error.error_um for error in errors if error.error_um is not None and not error.limited])
    assert len(off_um) >= 0.9 * len(errors)
    assert np.abs(off_um).max() < 1.0


@PICAMERA2_WARNINGS
def test_a_camera_measures_wires_out_of_focus() -> None:
    """The chain from picamera2's stills through tone curve, scale and blur to a diameter would break at a seam."""
    size_px = (1344, 1024)
    field_mm = (size_px[0] * 5.3e-3, size_px[1] * 5.3e-3)
    with on_camera(5.3, 4.8, (1.0,), size_px) as (take,):
        errors = tried(take, range(1), field_mm)
    off_um = np.array([error.error_um for error in errors if error.error_um is not None and not error.limited])
    assert len(off_um) >= 0.9 * len(errors)
    assert np.abs(off_um).max() < 1.5
    assert abs(off_um.mean()) < 1.0


def test_wires_measured_in_coded_values_fall_short() -> None:
    """A benchmark that cannot fail proves nothing: this is the error that it is there to show."""

    def unaware(take: Take) -> Take:
        def taken(wires: Wires, seed: int) -> Seen:
            seen = take(wires, seed)
            return replace(seen, optics=KnownOptics(5.3, blur_sigma_px=seen.optics.blur_sigma_px))

        return taken

    told = verdicts(described("wires", [tried(unaware(drawn(5.3, 4.8, 1.0, SMALL_MM)), range(2), SMALL_MM)]))
    assert all("short by" in told[f"{diameter_um:.0f} um"] for diameter_um in (30, 50, 80, 100))


@pytest.mark.parametrize(
    ("errors", "says"),
    [
        ([WireError(50.0, 0.1, limited=False), WireError(50.0, 0.2, limited=False)], "met"),
        ([WireError(50.0, None, limited=False)] * 2, "not measured"),
        ([WireError(50.0, 0.1, limited=False)], "not measured"),
        ([WireError(50.0, 3.0, limited=True)] * 2, "said as a limit"),
        ([WireError(20.0, 3.0, limited=True)] * 2, "met"),
        ([WireError(20.0, -1.0, limited=True)] * 2, "limit below the truth"),
        ([WireError(20.0, 1.5, limited=False), WireError(20.0, 1.6, limited=False)], "short by"),
    ],
)
def test_what_was_not_measured_is_not_met(errors: list[WireError], says: str) -> None:
    """Wires that are left out, or called unresolved, would make every figure look right."""
    assert says in described("wires", [errors])[0][3]
