"""Checks of what hides the skin: bubbles, hairs beside them or beside glare, and the frame that is left."""

from __future__ import annotations

import numpy as np

from analysis.exclusions import grown
from analysis.measurement import Measurement
from analysis.view import LINE_UM_PER_PX
from contract import Check
from device.quality.limits import Limits, check
from device.quality.seen import Mask, Seen

BUBBLES_PERCENT = Limits(0.1, 0.2)
"""Small, for the rims of bubbles are taken for hairs: on drawn scalps 0.4 % of bubbles made 14 % more hairs."""
DOUBTFUL_PERCENT = Limits(4.0, 7.0)
_BESIDE_UM = 45.0
_ALONG_SHARE = 0.25
_USUAL_PER_CM2 = 120.0
MOST_ERROR = 0.04
"""Standard deviation that the hairs of a lost part may bring to the density."""
_BY_CHANCE = 1.3
"""Variance of a count over its mean: hairs come in units."""
_LEAST_LOST, _MOST_LOST = 0.05, 0.20


def cover_checks(seen: Seen, veiled: Mask, bubbles: Mask, measurement: Measurement | None) -> tuple[Check, ...]:
    """Judge bubbles, doubtful hairs and the frame's area.

    Parameters
    ----------
    seen : Seen
    veiled, bubbles : ndarray of bool, shape (rows, columns)
        What glare and what bubbles hide, at 10.6 um/px.
    measurement : Measurement or None
        Of the same picture.
    """
    return (
        check(
            "bubbles",
            100 * float(bubbles[seen.inside].mean()),
            "%",
            BUBBLES_PERCENT,
            good="No bubbles to speak of.",
            warned="Bubbles cover {value:.1f} % of the picture; their rims may be taken for hair.",
            refused="Bubbles cover {value:.1f} % of the picture: spread the gel anew and take it again.",
        ),
        check(
            "hairs-in-doubt",
            None if measurement is None else _doubtful_percent(measurement, veiled | bubbles, seen),
            "%",
            DOUBTFUL_PERCENT,
            good="Hairs lie clear of glare and bubbles.",
            warned="{value:.0f} % of the hairs run along glare or bubbles and may be none.",
            refused="{value:.0f} % of the hairs run along glare or bubbles and may be none: dry the skin, spread the"
            " gel anew, and take it again.",
        ),
        _area(seen, veiled | bubbles, measurement),
    )


def _doubtful_percent(measurement: Measurement, cover: Mask, seen: Seen) -> float | None:
    """Share of the counted hairs of which a quarter runs beside cover."""
    if not measurement.hairs:
        return None
    near = grown(cover, round(_BESIDE_UM / LINE_UM_PER_PX))
    last = np.array(near.shape[::-1]) - 1
    doubtful = 0
    for hair in measurement.hairs:
        working = (hair.centreline_px + 0.5) / 2**seen.working.halvings - 0.5
        x, y = np.clip(np.rint(seen.view.to_line_px(working)).astype(int), 0, last).T
        doubtful += bool(near[y, x].mean() > _ALONG_SHARE)
    return 100 * doubtful / len(measurement.hairs)


def _area(seen: Seen, cover: Mask, measurement: Measurement | None) -> Check:
    """Judge the area by what its loss may do: the more hairs the frame holds, the less the lost ones matter."""
    left_cm2 = float((seen.frame.counts & ~cover).sum()) * (LINE_UM_PER_PX * 1e-4) ** 2
    if measurement is not None:
        left_cm2 = min(left_cm2, measurement.area_cm2)
    per_cm2 = _USUAL_PER_CM2 if measurement is None else measurement.hair_density_per_cm2.value
    odds = per_cm2 * seen.whole_cm2 * MOST_ERROR**2 / _BY_CHANCE
    lost = float(np.clip(odds / (1 + odds), _LEAST_LOST, _MOST_LOST))
    whole = seen.whole_cm2
    return check(
        "area",
        min(left_cm2, whole),
        "cm2",
        Limits(round((1 - 0.6 * lost) * whole, 4), round((1 - lost) * whole, 4)),
        good="{value:.2f} cm2 are left to count in.",
        warned=f"Only {{value:.2f}} of {whole:.2f} cm2 are left to count in.",
        refused=f"Only {{value:.2f}} of {whole:.2f} cm2 are left to count in: clear the field of what covers it and"
        " take it again.",
    )
