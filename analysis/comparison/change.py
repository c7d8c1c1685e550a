"""What a change is: one hair after another of the same place at two visits, and the figures that follow.

Imports numpy only, so that a service which reads figures needs no OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from analysis.measurement import Interval, Json, Point
from analysis.registration.transform import Transform


class Fate(StrEnum):
    """What became of a hair between the two pictures."""

    KEPT = "kept"
    NEW = "new"
    LOST = "lost"


class Thickness(StrEnum):
    """How a kept hair's diameter changed beyond what its two measurements leave open."""

    THICKER = "thicker"
    THINNER = "thinner"
    SAME = "same"


class ChangeFlag(StrEnum):
    """What limits a change, or forbids it; the words for people stand in :mod:`analysis.comparison.words`."""

    NOT_THE_SAME_PLACE = "not-the-same-place"
    TOO_FEW_HAIRS = "too-few-hairs"
    TOO_LITTLE_SHARED = "too-little-shared"
    SAME_PICTURE = "same-picture"
    SCALES_DISAGREE = "scales-disagree"
    SCALE_UNCERTAIN = "scale-uncertain"
    SMALL_SHARED_AREA = "small-shared-area"
    LITTLE_SHARED = "little-shared"
    LONG_HAIR = "long-hair"
    PALE_HAIR = "pale-hair"
    HAIR_MODES_DIFFER = "hair-modes-differ"
    CUT_OFFS_DIFFER = "cut-offs-differ"
    MANY_UNCLEAR = "many-unclear"
    STRONGLY_STRETCHED = "strongly-stretched"


@dataclass(frozen=True, slots=True)
class HairChange:
    """One hair of the shared frame.

    Parameters
    ----------
    fate : Fate
        The likelier one.
    probability : float
        Of that fate: of a pair, by its likeness; else given what both pictures show of the place, and below 0.5 where
        it is the likeliest of three, the third being no hair at all.
    baseline, followup : int or None
        Index of the hair among the ``hairs`` of each measurement; None where it is not counted there.
    baseline_px, followup_px : (float, float)
        Its root in each picture; where it is not counted there, the place where it would be.
    thickness : Thickness or None
        None where either diameter is not known.
    diameter_change_um, length_change_mm : float or None
        Later less earlier, of a kept hair.
    longer : bool
        A kept hair that grew by more than its two measurements leave open.
    """

    fate: Fate
    probability: float
    baseline: int | None
    followup: int | None
    baseline_px: Point
    followup_px: Point
    thickness: Thickness | None = None
    diameter_change_um: float | None = None
    length_change_mm: float | None = None
    longer: bool = False

    def as_dict(self) -> dict[str, Json]:
        """Give the hair as JSON-ready values."""
        return {
            "fate": str(self.fate),
            "probability": round(self.probability, 3),
            "baseline": self.baseline,
            "followup": self.followup,
            "baseline_px": [round(v, 1) for v in self.baseline_px],
            "followup_px": [round(v, 1) for v in self.followup_px],
            "thickness": None if self.thickness is None else str(self.thickness),
            "diameter_change_um": None if self.diameter_change_um is None else round(self.diameter_change_um, 1),
            "length_change_mm": None if self.length_change_mm is None else round(self.length_change_mm, 3),
            "longer": self.longer,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What changed at one place between two pictures.

    Parameters
    ----------
    same_place : float
        Probability that both pictures show the same place.
    um_per_px : (float, float)
        Scale of the baseline picture and of the follow-up.
    days : float or None
        Between the pictures.
    flags : tuple of ChangeFlag
        In the order of the enumeration.
    transform : Transform or None
        From the baseline's millimetres to the follow-up's; None where the place is not the same.
    shared_area_cm2 : float or None
        Area in which roots count in both pictures, as the baseline shows it.
    hairs : tuple of HairChange
        The hairs of the shared area.
    density_per_cm2 : (float, float) or None
        Hairs over the shared area at baseline and at follow-up, as compared with one another.
    density_change_per_cm2 : Interval or None
        Of hairs matched one by one, over the shared area. The interval is for this very place, not for the scalp
        around: no sampling is in it.
    terminal_density_change_per_cm2 : Interval or None
        The same of terminal hairs alone, by the cut-off of the measurements; None where they have two.
    counted_density_change_per_cm2 : Interval or None
        Difference of the two whole pictures' densities, counted separately: what is left where nothing is matched.
    mean_diameter_change_um : Interval or None
        Mean over kept hairs whose diameter is known in both.
    cumulative_thickness_change_mm_per_cm2 : Interval or None
        Of kept, new and lost hairs together.
    terminal_to_vellus, vellus_to_terminal : int
        Kept hairs that went over the cut-off, and are thinner or thicker beyond what their measurements leave open.
    anagen_share : Interval or None
        Share of kept hairs that grew; only where the pictures are days apart and the hair was not cut in between.
    growth_um_per_day : Interval or None
        Mean over the hairs that grew.
    """

    same_place: float
    um_per_px: tuple[float, float]
    days: float | None
    flags: tuple[ChangeFlag, ...]
    transform: Transform | None = None
    shared_area_cm2: float | None = None
    hairs: tuple[HairChange, ...] = ()
    density_per_cm2: tuple[float, float] | None = None
    density_change_per_cm2: Interval | None = None
    terminal_density_change_per_cm2: Interval | None = None
    counted_density_change_per_cm2: Interval | None = None
    mean_diameter_change_um: Interval | None = None
    cumulative_thickness_change_mm_per_cm2: Interval | None = None
    terminal_to_vellus: int = 0
    vellus_to_terminal: int = 0
    anagen_share: Interval | None = None
    growth_um_per_day: Interval | None = None

    def count(self, what: Fate | Thickness) -> int:
        """Give the number of hairs of a fate, or of those that became thicker, thinner or stayed as they were."""
        return sum(hair.fate is what or hair.thickness is what for hair in self.hairs)

    def as_dict(self) -> dict[str, Json]:
        """Give the change as JSON-ready values: the form the command line prints, and that travels."""

        def figure(interval: Interval | None, digits: int) -> Json:
            return None if interval is None else dict(interval.as_dict(digits))

        density = self.density_per_cm2
        return {
            "same_place": round(self.same_place, 4),
            "transform": None if self.transform is None else self._transform_as_dict(self.transform),
            "shared_area_cm2": None if self.shared_area_cm2 is None else round(self.shared_area_cm2, 5),
            "matched": self.count(Fate.KEPT),
            "new": self.count(Fate.NEW),
            "lost": self.count(Fate.LOST),
            "thicker": self.count(Thickness.THICKER),
            "thinner": self.count(Thickness.THINNER),
            "longer": sum(hair.longer for hair in self.hairs),
            "density_per_cm2": None if density is None else [round(value, 2) for value in density],
            "density_change_per_cm2": figure(self.density_change_per_cm2, 2),
            "terminal_density_change_per_cm2": figure(self.terminal_density_change_per_cm2, 2),
            "counted_density_change_per_cm2": figure(self.counted_density_change_per_cm2, 2),
            "mean_diameter_change_um": figure(self.mean_diameter_change_um, 2),
            "cumulative_thickness_change_mm_per_cm2": figure(self.cumulative_thickness_change_mm_per_cm2, 3),
            "terminal_to_vellus": self.terminal_to_vellus,
            "vellus_to_terminal": self.vellus_to_terminal,
            "anagen_share": figure(self.anagen_share, 4),
            "growth_um_per_day": figure(self.growth_um_per_day, 1),
            "days": self.days,
            "hairs": [hair.as_dict() for hair in self.hairs],
            "flags": [str(flag) for flag in self.flags],
        }

    def _transform_as_dict(self, transform: Transform) -> dict[str, Json]:
        corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        plain = replace(transform, stretch=np.zeros_like(transform.stretch))
        origin, right, down = plain.to_followup_mm(corners * self.um_per_px[0] / 1000.0) * 1000.0 / self.um_per_px[1]
        rows = np.column_stack([right - origin, down - origin, origin])
        return {
            **transform.as_dict(),
            "largest_stretch_um": round(transform.largest_stretch_um, 1),
            "baseline_to_followup_px": [[round(float(number), 7) for number in row] for row in rows],
        }
