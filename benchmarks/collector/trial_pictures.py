"""What an instrument gives at one site of one visit of a simulated trial: drawn and measured, or by its known error.

Drawn, a scalp is grown from the density that is planted, photographed, measured by the chain and judged by the gate, as
at the chair; what comes and goes are hairs of follicles that rest.  By the error alone, a picture's density is the true
one and a chance error of the instrument's size: a stand-in for many trials, or for a short one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from analysis import Optics, measure
from benchmarks.collector.trial_patients import BASELINE, END_POINT, Going, Head
from benchmarks.delivery import captures
from benchmarks.phantoms import FIRST_SEED, UM_PER_PX
from contract import Hair, HairKind, Interval, Measurement, Quality, Verdict
from device.quality.judge import judge
from phantom import Light, Motion, Pose, Scalp, ScalpSettings, TruthHair, clip, grow, lose, photograph, wash
from phantom import Optics as DrawnOptics

SIDE_PX = 1280
"""Of a drawn, square picture: 0.43 cm2 of frame, half of what is in use, for time."""

COUNTED_ERROR_PER_CM2 = 7.4
"""RMS error of a change between pictures counted separately, of drawn pairs (docs/benchmarks.md, "Change: trial")."""

_AREA_CM2 = 0.81
_MARGIN_MM, _SCALP_OF_FIELD = 2.0, 1.6
_MOST_SHIFT_OF_FIELD, _MOST_TURN_DEG, _SCALE_SD = 0.2, 10.0, 0.003
_JPEG_QUALITY = 93
_SHAKE_UM = 260.0
_MOST_TAKES = 4
_CHURN = (0.04, 0.10)
_ELSEWHERE = 0.55  # of the density, where a picture is of the wrong place
_STAND_IN_BYTES = 2_000
_SAME_MM = 0.15

Way = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Take:
    """One picture: file and media type, figures, what the gate said; and what a person will say of it.

    ``misplaced``: it will be rejected. ``true_hairs`` in its frame and ``missed``, lines of hairs that were not
    counted, are what a person sees who corrects it.
    """

    file: bytes
    media_type: str
    measurement: Measurement
    quality: Quality
    misplaced: bool = False
    to_correct: bool = False
    true_hairs: int = 0
    missed: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Sitting:
    """All takes of one site of one visit in their order, and the true density there, hairs/cm2."""

    head: Head
    visit: int
    true_per_cm2: float
    takes: tuple[Take, ...]


def drawn_density(head: Head, visit: int) -> float:
    """Return the density that the drawn scalp has, by its hairs: the true one that its pictures answer to."""
    field_mm = _SCALP_OF_FIELD * SIDE_PX * UM_PER_PX / 1000.0
    return len(_scalp(head, visit).hairs) / ((field_mm + 2 * _MARGIN_MM) ** 2 / 100.0)


def drawn(head: Head, visit: int) -> Sitting:
    """Draw, measure and judge pictures until one counts, as a technician does."""
    cv2.setNumThreads(1)
    scalp, chance = _scalp(head, visit), np.random.default_rng([head.seed, visit])
    going, takes = head.goings[visit - BASELINE], list[Take]()
    if going in (Going.MISPLACED, Going.LOST):
        takes.append(_photographed(lose(scalp, 1 - _ELSEWHERE, head.seed), chance, misplaced=True))
    elif going is Going.SHAKEN:
        takes.append(_photographed(scalp, chance, motion=_shake(chance)))
    elif going is Going.TWICE:
        takes.append(_photographed(scalp, chance))
    if going is not Going.LOST:
        takes.append(_photographed(scalp, chance, to_correct=going is Going.CORRECTED))
        while takes[-1].quality.verdict is Verdict.REFUSE and len(takes) < _MOST_TAKES:
            takes.append(_photographed(scalp, chance))
    return Sitting(head, visit, drawn_density(head, visit), tuple(takes))


def modelled(head: Head, visit: int, errors: Sequence[float] | None = None, *, hairs: bool = True) -> Sitting:
    """Make pictures' figures of the true density and the instrument's error.

    Parameters
    ----------
    errors
        Of single pictures, hairs/cm2, to choose from; None for normal ones of the known size.
    hairs
        Whether figures come with their hairs, so that they can be corrected; without, none is.
    """
    chance, true, going = np.random.default_rng([head.seed, visit]), head.density(visit), head.goings[visit - BASELINE]
    takes = []
    if going in (Going.MISPLACED, Going.LOST):
        takes.append(_stand_in(_ELSEWHERE * true, chance, errors, hairs=hairs, misplaced=True))
    elif going is Going.SHAKEN:
        shaken = Quality(verdict=Verdict.REFUSE, reasons=("The picture is shaken.",))
        takes.append(_stand_in(_ELSEWHERE * true, chance, errors, hairs=hairs, quality=shaken))
    elif going is Going.TWICE:
        takes.append(_stand_in(true, chance, errors, hairs=hairs))
    if going is not Going.LOST:
        takes.append(_stand_in(true, chance, errors, hairs=hairs, to_correct=hairs and going is Going.CORRECTED))
    return Sitting(head, visit, true, tuple(takes))


def _scalp(head: Head, visit: int) -> Scalp:
    """Grow a scalp of all follicles, and have those rest that do at the visit."""
    chance = np.random.default_rng([head.seed, 31])
    whole = max(head.before_per_cm2, head.after_per_cm2) / (1 - float(chance.uniform(*_CHURN)))
    field_mm = _SCALP_OF_FIELD * SIDE_PX * UM_PER_PX / 1000.0
    settings = ScalpSettings(
        hair_density_per_cm2=whole,
        size_mm=(field_mm, field_mm),
        margin_mm=_MARGIN_MM,
        hair_colour=("black", "dark brown", "brown")[head.seed % 3],
        skin_type=("I", "II", "III", "IV")[head.seed // 3 % 4],
        vellus_share=float(chance.uniform(0.04, 0.2)),
        direction_deg=float(chance.uniform(-180.0, 180.0)),
        pores_per_cm2=float(chance.uniform(10.0, 80.0)),
        flakes_per_cm2=float(chance.uniform(0.0, 25.0)),
        vessels_per_cm2=float(chance.uniform(0.0, 12.0)),
    )
    return lose(grow(settings, head.seed), 1 - head.density(visit) / whole, head.seed + (visit == END_POINT))


def _photographed(
    scalp: Scalp,
    chance: np.random.Generator,
    *,
    motion: Motion | None = None,
    misplaced: bool = False,
    to_correct: bool = False,
) -> Take:
    seed, reach_mm = int(chance.integers(FIRST_SEED, 2**31)), _MOST_SHIFT_OF_FIELD * SIDE_PX * UM_PER_PX / 1000.0
    ready = clip(wash(scalp, seed), float(chance.uniform(0.6, 1.0)), seed)
    angle, apart_mm = chance.uniform(0, 2 * np.pi), reach_mm * np.sqrt(chance.random())
    pose = Pose(
        turn_deg=float(chance.uniform(-_MOST_TURN_DEG, _MOST_TURN_DEG)),
        shift_mm=(float(apart_mm * np.cos(angle)), float(apart_mm * np.sin(angle))),
    )
    optics = DrawnOptics(
        um_per_px=UM_PER_PX * float(1 + chance.normal(0, _SCALE_SD)),
        size_px=(SIDE_PX, SIDE_PX),
        jpeg_quality=_JPEG_QUALITY,
    )
    light = Light(
        level=float(chance.uniform(0.85, 1.1)),
        gradient=(float(chance.uniform(-0.1, 0.1)), float(chance.uniform(-0.1, 0.1))),
        glare=float(chance.uniform(0.1, 0.35)),
        highlight=float(chance.uniform(0.05, 0.25)),
    )
    photo = photograph(ready, optics, pose=pose, light=light, seed=seed, motion=motion)
    told = Optics(UM_PER_PX, _SCALE_SD * UM_PER_PX)
    figures = measure(photo.picture, told)
    quality = judge(photo.picture, told, measurement=figures, hair="clipped")
    file = cv2.imencode(".jpg", photo.picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()
    measurement = Measurement.model_validate(figures.as_dict())
    true = _in_frame(photo.truth.hairs, measurement)
    missed = _not_counted(true, measurement)
    return Take(file, "image/jpeg", measurement, quality, misplaced, to_correct, len(true), missed)


def _shake(chance: np.random.Generator) -> Motion:
    angle = chance.uniform(0, 2 * np.pi)
    return Motion(((0.0, 0.0), (float(_SHAKE_UM * np.cos(angle)), float(_SHAKE_UM * np.sin(angle)))))


def _in_frame(hairs: Sequence[TruthHair], measurement: Measurement) -> list[TruthHair]:
    left, top, right, bottom = measurement.frame_px
    return [hair for hair in hairs if left <= hair.root_px[0] <= right and top <= hair.root_px[1] <= bottom]


def _not_counted(true: Sequence[TruthHair], measurement: Measurement) -> tuple[Way, ...]:
    """Return the lines of true hairs at whose root none was counted, the farthest from any first."""
    if not true:
        return ()
    roots = np.array([hair.root_px for hair in true])
    counted = np.array([hair.root_px for hair in measurement.hairs]).reshape(-1, 2)
    apart = np.hypot(*np.moveaxis(roots[:, None] - counted[None], -1, 0)).min(axis=1, initial=1e9)
    order = [place for place in np.argsort(-apart) if apart[place] * UM_PER_PX / 1000.0 > _SAME_MM]
    # A person draws what the picture shows: a tip may lie outside of it.
    most = np.array(measurement.picture_px) - 1.0
    ends = [np.clip((true[place].root_px, true[place].tip_px), 0.0, most).tolist() for place in order]
    return tuple(tuple((float(x), float(y)) for x, y in way) for way in ends)


def _stand_in(
    true: float,
    chance: np.random.Generator,
    errors: Sequence[float] | None,
    *,
    hairs: bool,
    quality: Quality | None = None,
    misplaced: bool = False,
    to_correct: bool = False,
) -> Take:
    sd = COUNTED_ERROR_PER_CM2 / np.sqrt(2)
    error = float(chance.normal(0, sd) if errors is None else chance.choice(np.asarray(errors)))
    density, count = max(true + error, 5.0), 0
    if hairs:
        count = round(density * _AREA_CM2)
        density = count / _AREA_CM2
    _, file = captures.picture(int(chance.integers(2**31)), _STAND_IN_BYTES)
    shown = Interval(value=density, low=max(density - 1.96 * sd, 0.0), high=density + 1.96 * sd)
    measurement = Measurement(
        um_per_px=UM_PER_PX,
        picture_px=(1736, 1736),
        frame_px=(20.0, 20.0, 1716.0, 1716.0),
        area_cm2=_AREA_CM2,
        hair_density_per_cm2=shown,
        hairs=_hairs()[:count],
    )
    return Take(
        file,
        "image/jpeg",
        measurement,
        quality or Quality(verdict=Verdict.PASS),
        misplaced,
        to_correct,
        round(true * _AREA_CM2),
        _WAYS,
    )


@cache
def _hairs() -> tuple[Hair, ...]:
    chance = np.random.default_rng(4)
    return tuple(
        Hair(
            root_px=(x, y),
            tip_px=(x + 90.0, y + 30.0),
            diameter_um=round(float(chance.uniform(45, 90)), 1),
            length_mm=0.5,
            kind=HairKind.TERMINAL,
            probability=round(float(chance.uniform(0.6, 1)), 2),
            unit=place,
        )
        for place, (x, y) in enumerate(chance.uniform(30, 1600, (400, 2)).round(1).tolist())
    )


_WAYS: tuple[Way, ...] = tuple(
    ((float(x), float(y)), (float(x) + 80.0, float(y) + 40.0))
    for x, y in np.random.default_rng(5).uniform(30, 1600, (40, 2)).round(1)
)
