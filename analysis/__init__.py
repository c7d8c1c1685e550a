"""Pixels in, measurements out: pure functions without clock, disk, network or camera.

``measure`` counts and measures the hairs of a calibrated scalp picture; ``draw_overlay`` draws what it found.
The types alone need no OpenCV: a service that only reads figures imports them without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.flags import Flag
from analysis.measurement import Hair, Interval, Measurement, PictureUnusable
from analysis.optics import Optics

if TYPE_CHECKING:
    from analysis.chain import measure
    from analysis.overlay import draw_overlay

__all__ = ["Flag", "Hair", "Interval", "Measurement", "Optics", "PictureUnusable", "draw_overlay", "measure"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 (PEP 562: the functions that need OpenCV are imported when first asked for)
    if name == "measure":
        from analysis.chain import measure  # noqa: PLC0415

        return measure
    if name == "draw_overlay":
        from analysis.overlay import draw_overlay  # noqa: PLC0415

        return draw_overlay
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
