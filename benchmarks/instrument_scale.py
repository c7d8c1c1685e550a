"""Scale from drawn targets, dot grid, ChArUco and ruler: through a lens that distorts, tilted, defocused and dirty.

Every run draws its own lens, pose, defocus, dirt and noise, and a target whose mean pitch lies off its certificate by
what the certificate's standard uncertainty says.  Errors are against the phantom's own geometry: the local scale on the
tilted plane, geometric mean of both directions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.targets import Bound
from device.calibration.certificate import Charuco, DotGrid, StageMicrometer
from device.calibration.geometry import Geometry, fit
from device.calibration.plane_fit import GeometryUnfit
from device.calibration.ruler_scale import fit_ruler
from device.calibration.targets.charuco import find_charuco
from device.calibration.targets.dot_grid import find_dot_grid
from device.calibration.targets.refusals import (
    AnotherTarget,
    FaceDown,
    HalfOutOfView,
    NoTarget,
    Saturated,
    TargetRefused,
    TooDark,
    WrongPitch,
)
from device.calibration.targets.ruler import find_ruler
from phantom import Light, Optics, Pose
from phantom.optics import to_scalp_mm
from phantom.targets import charuco, dot_grid, ruler
from phantom.targets.dirt import Dirty, strewn
from phantom.targets.plane import Target, photograph_target

Row = tuple[str, str, str, str]

FIRST_SEED = 3_000_000
PITCH_SD = 1e-4
"""Of a certificate, as a share: what an etched target of the usual price comes with (0.05 um of 500 um)."""
DISTANCE_MM = 40.0
_ISSUED = date(2026, 1, 5)
_GRID = DotGrid(
    certificate_id="BENCH-1",
    issued_on=_ISSUED,
    pitch_um=500.0,
    pitch_sd_um=500.0 * PITCH_SD,
    dot_diameter_um=250.0,
    columns=31,
    rows=25,
    fiducials=dot_grid.FIDUCIALS,
    fiducial_diameter_um=360.0,
)
_BOARD = Charuco(
    certificate_id="BENCH-2",
    issued_on=_ISSUED,
    squares_x=24,
    squares_y=18,
    square_um=600.0,
    square_sd_um=600.0 * PITCH_SD,
    marker_um=420.0,
)
_RULER = StageMicrometer(
    certificate_id="BENCH-3",
    issued_on=_ISSUED,
    division_um=100.0,
    division_sd_um=100.0 * PITCH_SD,
    divisions=100,
    mark_um=20.0,
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one picture gave.

    Parameters
    ----------
    middle, field : float
        Relative error of the scale in the picture's middle, and the largest one over the field.
    covered_middle : bool
        Whether the stated 95 % uncertainty covers the error in the middle.
    covered_field : float
        Share of places over the field where it does.
    """

    middle: float
    field: float
    covered_middle: bool
    covered_field: float


def rows(runs: int, size_px: tuple[int, int] = (2028, 1520), um_per_px: float = 5.3) -> list[Row]:
    """Measure, and word what is asked and reached.

    Parameters
    ----------
    runs : int
        Pictures of each target.
    size_px : (int, int)
    um_per_px : float
        Of the pictures; both together decide how much of the target is seen.
    """
    lines: list[Row] = []
    for words, drawn, solved in (
        ("dot grid", _drawn_grid, _solved_grid),
        ("ChArUco", _drawn_board, _solved_board),
        ("ruler", _drawn_ruler, _solved_ruler),
    ):
        done = [_run(drawn, solved, FIRST_SEED + seed, size_px, um_per_px) for seed in range(runs)]
        lines += _lines(words, [run for run in done if run is not None], runs, ruled=words == "ruler")
    return [*lines, _refused_line(size_px, um_per_px)]


def _lines(words: str, done: list[Run], runs: int, *, ruled: bool) -> list[Row]:
    middle = max((run.middle for run in done), default=float("nan"))
    field = max((run.field for run in done), default=float("nan"))
    covered = sum(run.covered_middle for run in done) / runs
    over_field = sum(run.covered_field for run in done) / runs
    most = 0.003 if ruled else 0.001
    bounds = [
        (Bound("read", f"{words}: pictures that are read", low=1.0, digits=0, unit="%"), len(done) / runs),
        (Bound("middle", f"{words}: largest scale error in the middle", high=most, digits=4, unit="%"), middle),
        (Bound("covered", f"{words}: runs whose stated 95 % covers it", low=0.95, digits=0, unit="%"), covered),
    ]
    if not ruled:
        asked = Bound("field", f"{words}: largest scale error anywhere", high=0.002, digits=4, unit="%")
        places = Bound("places", f"{words}: places whose stated 95 % covers it", low=0.95, digits=0, unit="%")
        bounds += [(asked, field), (places, over_field)]
    return [(bound.words, bound.asked(), bound.shown(value), bound.verdict(value)) for bound, value in bounds]


def _run(
    drawn: Callable[[float, int], Target],
    solved: Callable[[NDArray[np.uint8], float], Geometry],
    seed: int,
    size_px: tuple[int, int],
    um_per_px: float,
) -> Run | None:
    """One picture; None where it is refused."""
    rng = np.random.default_rng(seed)
    # 4 px of defocus at 5.3 um/px, the same in um on other sensors
    widest = max(1.0, 4.0 * 5.3 / um_per_px)
    optics = Optics(
        um_per_px=um_per_px,
        size_px=size_px,
        k1=float(rng.choice([-0.02, 0.02])),
        blur_sigma_px=float(rng.uniform(0.8, widest)),
        vignette=0.2,
        distance_mm=DISTANCE_MM,
    )
    about = rng.uniform(0, 2 * np.pi)
    pose = Pose(
        shift_mm=(float(rng.uniform(-0.3, 0.3)), float(rng.uniform(-0.3, 0.3))),
        turn_deg=float(rng.choice([0.0, 90.0, 180.0, 270.0]) + rng.uniform(-10, 10)),
        tilt_deg=(3 * float(np.cos(about)), 3 * float(np.sin(about))),
    )
    pitch = 1 + PITCH_SD * float(rng.standard_normal())
    light = Light(level=0.9, gradient=(float(rng.uniform(-0.2, 0.2)), float(rng.uniform(-0.2, 0.2))))
    picture = photograph_target(
        drawn(pitch, seed), optics, pose=pose, light=light, seed=seed, blur_growth=float(rng.uniform(0, 0.2))
    ).picture
    try:
        geometry = solved(picture, um_per_px * float(rng.uniform(0.97, 1.03)))
    except (TargetRefused, GeometryUnfit):
        return None
    places = np.stack(np.meshgrid(*(np.linspace(0, side - 1, 9) for side in size_px)), axis=-1).reshape(-1, 2)
    places = np.vstack([(np.asarray(size_px) - 1) / 2, places])
    truth = _true_um_per_px(places, optics, pose)
    off = np.abs(geometry.um_per_px_at(places) - truth)
    covered = off <= 1.96 * geometry.um_per_px_sd_at(places)
    return Run(float(off[0] / truth[0]), float((off / truth).max()), bool(covered[0]), float(covered.mean()))


def _refused_line(size_px: tuple[int, int], um_per_px: float) -> Row:
    """Pictures that must make no scale, as the dot grid's and the ChArUco board's: the share refused for its reason."""
    optics = Optics(um_per_px=um_per_px, size_px=size_px, blur_sigma_px=1.2)
    grid, board = dot_grid.DotGrid(), charuco.Charuco()
    bad: list[tuple[Callable[[NDArray[np.uint8], float], Geometry], Target, Pose, float, type[TargetRefused]]] = [
        (_solved_grid, dot_grid.DotGrid(mirrored=True), Pose(), 1.0, FaceDown),
        (_solved_grid, dot_grid.DotGrid(pitch_mm=0.53, dot_mm=0.265), Pose(), 1.0, WrongPitch),
        (_solved_grid, dot_grid.DotGrid(dot_mm=0.2, fiducial_mm=0.29), Pose(), 1.0, WrongPitch),
        (_solved_grid, grid, Pose(shift_mm=(6.5, 0.0)), 1.0, HalfOutOfView),
        (_solved_grid, grid, Pose(), 1.7, Saturated),
        (_solved_grid, grid, Pose(), 0.015, TooDark),
        (_solved_grid, board, Pose(), 1.0, AnotherTarget),
        (_solved_grid, grid, Pose(shift_mm=(30.0, 0.0)), 1.0, NoTarget),
        (_solved_board, charuco.Charuco(mirrored=True), Pose(), 1.0, FaceDown),
        (_solved_board, charuco.Charuco(square_mm=0.64, marker_mm=0.448), Pose(), 1.0, WrongPitch),
        (_solved_board, board, Pose(shift_mm=(6.5, 0.0)), 1.0, HalfOutOfView),
        (_solved_board, board, Pose(), 1.7, Saturated),
        (_solved_board, grid, Pose(), 1.0, AnotherTarget),
        (_solved_board, board, Pose(shift_mm=(30.0, 0.0)), 1.0, NoTarget),
    ]
    right = 0
    for solved, target, pose, level, reason in bad:
        try:
            solved(photograph_target(target, optics, pose=pose, light=Light(level=level)).picture, um_per_px)
        except TargetRefused as refused:
            right += type(refused) is reason
    bound = Bound("refused", f"{len(bad)} bad pictures refused for the right reason", low=1.0, digits=0, unit="%")
    return bound.words, bound.asked(), bound.shown(right / len(bad)), bound.verdict(right / len(bad))


def _true_um_per_px(px: NDArray[np.float64], optics: Optics, pose: Pose) -> NDArray[np.float64]:
    right, down = (to_scalp_mm(px + s, optics, pose) - to_scalp_mm(px - s, optics, pose) for s in 0.5 * np.eye(2))
    return np.asarray(1000 * np.sqrt(np.abs(right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0])))


def _drawn_grid(pitch: float, seed: int) -> Target:
    grid = dot_grid.DotGrid(pitch_mm=0.5 * pitch, scatter_mm=0.0005, seed=seed)
    return Dirty(grid, strewn(grid.places_mm, share=0.1, size_mm=0.25, pitch_mm=0.5, seed=seed))


def _solved_grid(picture: NDArray[np.uint8], nominal_um_per_px: float) -> Geometry:
    return fit(find_dot_grid(picture, _GRID, nominal_um_per_px), picture.shape[1::-1], DISTANCE_MM)


def _drawn_board(pitch: float, seed: int) -> Target:
    board = charuco.Charuco(square_mm=0.6 * pitch, marker_mm=0.42 * pitch)
    return Dirty(board, strewn(board.corners_mm, share=0.1, size_mm=0.15, pitch_mm=0.6, seed=seed))


def _solved_board(picture: NDArray[np.uint8], nominal_um_per_px: float) -> Geometry:
    return fit(find_charuco(picture, _BOARD, nominal_um_per_px), picture.shape[1::-1], DISTANCE_MM)


def _drawn_ruler(pitch: float, seed: int) -> Target:
    dust = np.random.default_rng([seed, 7]).uniform(-5, 5, (10, 2))
    scale = ruler.Ruler(division_mm=0.1 * pitch, scatter_mm=0.0003, seed=seed)
    return Dirty(scale, strewn(dust, share=1.0, size_mm=0.1, pitch_mm=0.3, seed=seed))


def _solved_ruler(picture: NDArray[np.uint8], nominal_um_per_px: float) -> Geometry:
    return fit_ruler(find_ruler(picture, _RULER, nominal_um_per_px), picture.shape[1::-1], DISTANCE_MM)
