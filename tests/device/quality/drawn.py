"""Small drawn scalps for the gate's tests, and looking a check up by its name."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract import Check, Quality
from phantom import Depth, Light, Motion, Optics, Photograph, Pose, ScalpSettings, grow, photograph

UM_PER_PX = 5.3
SIZE_PX = (754, 566)
BLUR_UM_PER_MM = 16.0


def photo(
    *,
    optics: dict[str, Any] | None = None,
    light: Light | None = None,
    pose: Pose | None = None,
    motion: Motion | None = None,
    depth: Depth | None = None,
    seed: int = 4,
    **scalp: Any,  # noqa: ANN401 (those of ScalpSettings, which refuses others)
) -> Photograph:
    """Photograph a small scalp."""
    grown = grow(ScalpSettings(**{"size_mm": (5.0, 4.0), **scalp}), seed=seed)
    seen = Optics(um_per_px=UM_PER_PX, size_px=SIZE_PX, **(optics or {}))
    return photograph(grown, seen, light=light, pose=pose, motion=motion, depth=depth, seed=seed)


def picture(**what: Any) -> NDArray[np.uint8]:  # noqa: ANN401 (those of `photo`)
    """Give the picture of `photo`."""
    return photo(**what).picture


def named(quality: Quality, name: str) -> Check:
    """Look a check up."""
    return next(check for check in quality.checks if check.name == name)


def value_of(quality: Quality, name: str) -> float:
    """Give the value of a check that has one."""
    value = named(quality, name).value
    assert value is not None
    return value
