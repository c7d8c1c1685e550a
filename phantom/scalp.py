"""A scalp as a table of hairs in millimetres: (x, y) with x to the right, y down, origin at the middle.

A hair is kept as its law of growth (root, direction, bend, wave) rather than as a drawn line, so that the same hair
can be clipped, grown on and thinned without moving.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from phantom.colour import SKIN_BGR, SkinType, melanin_of
from phantom.settings import SettingError, require_between
from phantom.tattoo import Tattoo

Points: TypeAlias = NDArray[np.float64]
Kind: TypeAlias = Literal["terminal", "vellus"]

TERMINAL_FROM_UM = 40.0
"""Projected width from which a hair is terminal (TrichoScan's cut-off)."""
FINEST_UM, WIDEST_UM = 8.0, 150.0
"""Between these all diameters are drawn."""
STEP_MM = 0.05
"""Distance of a centreline's points: 0.3 um of sagitta at a bend of 1 mm radius."""

_THINNEST_SHARE = 0.2
"""Of its diameter, that a hair keeps: one that grows on past its taper's end has a tip still."""


@dataclass(frozen=True, slots=True)
class ScalpSettings:
    """What a scalp is like.

    Parameters
    ----------
    hair_density_per_cm2 : float
        Hairs of all kinds per cm2, in expectation.
    units_of : (float, float, float, float)
        Relative numbers of follicular units of 1, 2, 3 and 4 hairs. Default: a Korean donor area, 45:42:7, the rest
        of four.
    root_gap_um : float
        Mean distance between the roots of one unit, each gap uniform from 0.3 to 1.7 of it. On 170 shaved scalps the
        nearest root is 65 um away or less for 5 % of the hairs, 170 um or less for half of them.
    vellus_share : float
        Share of hairs below 40 um.
    terminal_um, vellus_um : (float, float)
        Mean and standard deviation of the projected diameter. Drawn again until on the kind's own side of 40 um,
        and from 8 to 150 um.
    taper_per_mm : float
        Width lost per mm towards the tip, as a share of the diameter; no part is thinner than 0.2 of it.
    length_mm : (float, float)
        Mean and standard deviation of the visible length, seen from above.
    curl_per_mm : float
        Standard deviation of the bend in rad/mm; waves grow with it. 0 is straight, 0.02 slightly bent, 0.3 curly.
    direction_deg : float
        Mean direction of growth, from x to y.
    parted : bool
        Combed apart: hair lies away from a line through the scalp's middle, along `direction_deg` on one side and
        against it on the other.
    hair_colour : str or float
        A name of `colour.MELANIN`, or melanin from 0 (white) to 1 (black).
    skin_type : {"I", "II", "III", "IV", "V", "VI"}
        Fitzpatrick.
    size_mm : (float, float)
        Width and height that a camera may see.
    margin_mm : float
        Scalp grown around `size_mm`, so that hairs reach in from outside and the camera may move: at least the hairs'
        length.
    pores_per_cm2, flakes_per_cm2, vessels_per_cm2, bubbles_per_cm2 : float
        Things that are no hairs.
    mark_mm : float or None
        Diameter of a tattooed dot; None for no mark.
    tattoo : Tattoo
        Where the dot lies, with which ink, how deep, how faded and how far run. Default: fresh, in the middle.
    moles_per_cm2 : float
        Brown spots of 0.3 to 3 mm, the small ones as many as the large ones on a logarithmic scale.
    ink_strokes_per_cm2 : float
        Strokes and dots of a skin marker under the hairs, with some specks of ink to each.
    folds_per_cm2 : float
        Soft dark creases of 1 to 4 mm.
    debris_per_cm2 : float
        Dark flecks of 30 to 200 um on skin and hair: crusts, dirt, dust of cut hair. None of them is a hair.
    fibres_per_cm2 : float
        Coloured textile fibres, 10 to 20 um wide, on top of the hairs.
    streak : float
        Length, width and darkness of the blurred streak that a hair leaves under the skin, 0 (none) to 2.
    relief : float
        Strength of the skin's grain and creases and of what glistens on them, 0 to 3.
    roughness : float
        Of the shafts: ragged edges, dull and glinting spots, 0 (smooth) to 1.
    ragged_cut : float
        Of the shafts' ends: aslant, rounded, split, 0 (cut square) to 1. The length stays as it is in the middle.

    Raises
    ------
    SettingError
        For a value that cannot be drawn.
    """

    hair_density_per_cm2: float = 150.0
    units_of: tuple[float, float, float, float] = (45.0, 42.0, 7.0, 6.0)
    root_gap_um: float = 120.0
    vellus_share: float = 0.12
    terminal_um: tuple[float, float] = (68.0, 12.0)
    vellus_um: tuple[float, float] = (26.0, 6.0)
    taper_per_mm: float = 0.01
    length_mm: tuple[float, float] = (0.7, 0.12)
    curl_per_mm: float = 0.1
    direction_deg: float = 65.0
    parted: bool = False
    hair_colour: str | float = "dark brown"
    skin_type: SkinType = "III"
    size_mm: tuple[float, float] = (10.8, 8.2)
    margin_mm: float = 2.0
    pores_per_cm2: float = 40.0
    flakes_per_cm2: float = 12.0
    vessels_per_cm2: float = 6.0
    bubbles_per_cm2: float = 0.0
    mark_mm: float | None = None
    tattoo: Tattoo = field(default_factory=Tattoo)
    moles_per_cm2: float = 0.0
    ink_strokes_per_cm2: float = 0.0
    folds_per_cm2: float = 0.0
    debris_per_cm2: float = 0.0
    fibres_per_cm2: float = 0.0
    streak: float = 1.0
    relief: float = 1.0
    roughness: float = 0.0
    ragged_cut: float = 0.0

    def __post_init__(self) -> None:
        require_between("hair_density_per_cm2", self.hair_density_per_cm2, 0.0, 600.0)
        require_between("root_gap_um", self.root_gap_um, 0.0, 300.0)
        require_between("vellus_share", self.vellus_share, 0.0, 1.0)
        require_between("terminal_um mean", self.terminal_um[0], TERMINAL_FROM_UM, WIDEST_UM - 10.0)
        require_between("terminal_um SD", self.terminal_um[1], 0.0, 60.0)
        require_between("vellus_um mean", self.vellus_um[0], FINEST_UM, TERMINAL_FROM_UM - 1.0)
        require_between("vellus_um SD", self.vellus_um[1], 0.0, 20.0)
        require_between("length_mm mean", self.length_mm[0], 0.1, 40.0)
        require_between("length_mm SD", self.length_mm[1], 0.0, 20.0)
        require_between("taper_per_mm times length_mm", self.taper_per_mm * self.length_mm[0], 0.0, 1.0)
        require_between("curl_per_mm", self.curl_per_mm, 0.0, 2.0)
        require_between("direction_deg", self.direction_deg, -360.0, 360.0)
        for name in ("pores_per_cm2", "flakes_per_cm2", "vessels_per_cm2", "bubbles_per_cm2"):
            require_between(name, getattr(self, name), 0.0, 2000.0)
        for name in ("ink_strokes_per_cm2", "folds_per_cm2", "debris_per_cm2", "fibres_per_cm2", "moles_per_cm2"):
            require_between(name, getattr(self, name), 0.0, 2000.0)
        for name, most in (("streak", 2.0), ("relief", 3.0), ("roughness", 1.0), ("ragged_cut", 1.0)):
            require_between(name, getattr(self, name), 0.0, most)
        for side_mm in self.size_mm:
            require_between("size_mm", side_mm, 0.5, 60.0)
        require_between("margin_mm", self.margin_mm, 0.0, 60.0)
        require_between("mark_mm", 0.4 if self.mark_mm is None else self.mark_mm, 0.05, 5.0)
        relative = np.asarray(self.units_of, np.float64)
        if relative.shape != (4,) or not np.isfinite(relative).all() or (relative < 0).any() or not relative.any():
            raise SettingError(f"units_of is {self.units_of}: give four relative numbers, none negative and not all 0")
        if self.skin_type not in SKIN_BGR:
            raise SettingError(f"skin_type {self.skin_type!r} is not known: give one of {', '.join(SKIN_BGR)}")
        melanin_of(self.hair_colour)


@dataclass(frozen=True, slots=True)
class Hair:
    """One hair.

    Parameters
    ----------
    hair_id, unit_id : int
        Kept through every change of the scalp; the id of a lost hair is not given again.
    root_mm : (float, float)
        Where the shaft leaves the skin.
    direction_rad : float
        Of growth at the root, from x to y.
    bend_per_mm, wave_rad, wave_mm, wave_phase_rad : float
        The direction turns by ``bend * s + wave * sin(2 pi s / wave_mm + phase)`` along the shaft.
    length_mm : float
        Visible length.
    diameter_um : float
        Median projected width over the shaft, which clipping does not change.
    taper_per_mm : float
        Width lost per mm towards the tip, as a share of the diameter.
    melanin : float
        0 (white) to 1 (black).
    """

    hair_id: int
    unit_id: int
    root_mm: tuple[float, float]
    direction_rad: float
    bend_per_mm: float
    wave_rad: float
    wave_mm: float
    wave_phase_rad: float
    length_mm: float
    diameter_um: float
    taper_per_mm: float
    melanin: float

    @property
    def kind(self) -> Kind:
        """Terminal from 40 um of projected diameter."""
        return "terminal" if self.diameter_um >= TERMINAL_FROM_UM else "vellus"

    @property
    def arc_mm(self) -> NDArray[np.float64]:
        """Distance from the root along the shaft at each point of the centreline, shape (n,)."""
        whole = np.arange(0.0, self.length_mm - 1e-6, STEP_MM)
        return np.append(whole, self.length_mm)

    @property
    def centreline_mm(self) -> Points:
        """The shaft's middle from root to tip, shape (n, 2), ``STEP_MM`` apart; clipping leaves the start as it was."""
        arc = self.arc_mm
        middles = 0.5 * (arc[1:] + arc[:-1])
        wave = np.sin(2 * np.pi * middles / self.wave_mm + self.wave_phase_rad) - np.sin(self.wave_phase_rad)
        heading = self.direction_rad + self.bend_per_mm * middles + self.wave_rad * wave
        steps = np.diff(arc)[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
        return np.vstack([np.zeros((1, 2)), np.cumsum(steps, axis=0)]) + np.asarray(self.root_mm, np.float64)

    @property
    def width_um(self) -> NDArray[np.float64]:
        """Projected width at each point of the centreline, shape (n,): tapering, but to no less than 0.2 of it."""
        share = 1.0 + self.taper_per_mm * (0.5 * self.length_mm - self.arc_mm)
        return np.asarray(self.diameter_um * np.maximum(share, _THINNEST_SHARE))


@dataclass(frozen=True, slots=True)
class Scalp:
    """A scalp: its hairs and what its skin is drawn from.

    Parameters
    ----------
    settings : ScalpSettings
        As it was grown.
    hairs : tuple of Hair
        In the order in which they lie, the last on top.
    skin_seed : int
        Of the skin's texture, pores, vessels, moles, folds, ink and mark, which stay.
    gel_seed : int
        Of flakes, bubbles, debris and fibres, which a wash moves.
    next_hair_id, next_unit_id : int
        The first ones never given.
    """

    settings: ScalpSettings
    hairs: tuple[Hair, ...] = field(repr=False)
    skin_seed: int
    gel_seed: int
    next_hair_id: int
    next_unit_id: int

    @property
    def grown_mm(self) -> tuple[float, float]:
        """Width and height that carry hair: the size and the margin on both sides."""
        width, height = self.settings.size_mm
        return width + 2 * self.settings.margin_mm, height + 2 * self.settings.margin_mm
