"""The calibration targets before the simulated camera, drawn as their certificates' defaults have them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import phantom
from device.camera.protocol import StillSettings, TargetKind
from device.camera.simulated.chance import seed_of
from device.camera.simulated.lens import Lens, as_a_target_is_seen
from phantom.targets.cards import ColourChart, Dark, WhiteCard
from phantom.targets.charuco import Charuco
from phantom.targets.dot_grid import DotGrid
from phantom.targets.edges import SlantedEdges
from phantom.targets.plane import Target, TargetPhotograph, photograph_target
from phantom.targets.ruler import Ruler

#: How exactly a target is laid down.
_PLACING_MM, _PLACING_DEG = 0.25, 3.0

_DRAWN: dict[TargetKind | None, Callable[[], Target]] = {
    TargetKind.DOT_GRID: DotGrid,
    TargetKind.CHARUCO: Charuco,
    TargetKind.STAGE_MICROMETER: Ruler,
    TargetKind.SLANTED_EDGE: SlantedEdges,
    TargetKind.WHITE_CARD: WhiteCard,
    TargetKind.DARK: Dark,
    TargetKind.COLOUR_CHART: ColourChart,
    # what lies there while nobody says what does
    None: lambda: WhiteCard(white=0.6),
}


def photograph_kind(
    kind: TargetKind | None,
    optics: phantom.Optics,
    lens: Lens,
    asked: StillSettings,
    *,
    world: int,
    still_number: int,
) -> TargetPhotograph:
    """Photograph a target.

    It lies a little elsewhere in each world, and stays where it is from still to still.

    Parameters
    ----------
    kind
        Which target; None for a grey card.
    optics, lens, asked
        Through which it is seen.
    world
        The world's seed.
    still_number
        Gives each still its own noise.

    Raises
    ------
    phantom.SettingError
        When this OpenCV cannot draw it: ChArUco markers came with 4.7.
    """
    placing = np.random.default_rng(seed_of(world, "target", kind))
    x_mm, y_mm = placing.uniform(-_PLACING_MM, _PLACING_MM, 2)
    pose = phantom.Pose(
        shift_mm=(float(x_mm), float(y_mm)),
        turn_deg=float(placing.uniform(-_PLACING_DEG, _PLACING_DEG)),
        tilt_deg=lens.tilt_deg,
    )
    seen, light = as_a_target_is_seen(optics, lens, asked)
    return photograph_target(
        _DRAWN[kind](),
        seen,
        pose=pose,
        light=light,
        seed=seed_of(world, "photograph", kind, still_number),
        blur_growth=lens.blur_growth,
    )
