"""How a tattooed mark lies in the skin: what is set of it. It is drawn in :mod:`phantom.mark`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from phantom.settings import SettingError, require_between

InkColour: TypeAlias = Literal["blue-black", "black", "green", "brown-black"]

INKS: tuple[InkColour, ...] = ("blue-black", "black", "green", "brown-black")


@dataclass(frozen=True, slots=True)
class Tattoo:
    """A tattooed dot, but for its diameter (`ScalpSettings.mark_mm`).

    The default is a fresh dot of blue-black ink that lies near the surface.

    Parameters
    ----------
    place_mm : (float, float)
        Of the middle of its ink, on the scalp.
    ink : {"blue-black", "black", "green", "brown-black"}
        Colour of the ink. Deeper down each looks bluer than it is.
    depth_mm : float
        In the dermis, 0 to 1: the light that the skin scatters on its way softens the edge, lays a halo around it and
        a veil over it, more of it in blue (the Tyndall effect). Tattooed dots usually lie 0.3 to 0.6 deep.
    fading : float
        Share of the ink that is gone, 0 (fresh) to 1 (none left); years take it unevenly.
    smear : float
        How far the ink has run, 0 (round) to 1: the outline is irregular by up to a third of the radius, the edge wide,
        and grains of ink lie around. The middle of the ink stays where it was.

    Raises
    ------
    SettingError
        For a value that cannot be drawn.
    """

    place_mm: tuple[float, float] = (0.0, 0.0)
    ink: InkColour = "blue-black"
    depth_mm: float = 0.0
    fading: float = 0.0
    smear: float = 0.0

    def __post_init__(self) -> None:
        for along in self.place_mm:
            require_between("place_mm", along, -60.0, 60.0)
        for name in ("depth_mm", "fading", "smear"):
            require_between(name, getattr(self, name), 0.0, 1.0)
        if self.ink not in INKS:
            raise SettingError(f"ink {self.ink!r} is not known: give one of {', '.join(INKS)}")
