"""Checks of how the hair was made ready: clipped or parted as was asked, dry, and not hanging in from beside."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.measurement import Measurement
from contract import Check, Repeatability
from device.quality.limits import Limits, check
from device.quality.long_lines import cover_share, long_share
from device.quality.seen import Plane

HairAsked = Literal["clipped", "long"]

LONG_PERCENT = Limits(2.0, 5.0)
"""Of the dark lines' area.  On 129 drawn scalps of clipped hair it was 0.0 %; long hairs over the field that put the
density off by 10 % made 10 % and more."""
COVER_PERCENT = Limits(50.0, 70.0)
REPEATS_PERCENT = Limits(5.0, 8.0)
"""Stills of one sound scalp scatter by 2.4 % (SD, 170 drawn pairs): three of them by more than 5 % once in eighty
times, by more than 8 % hardly ever."""
SCATTER_DEG = Limits(15.2, 17.0)
"""Mean angle between a hair and those around it.  Neighbours scatter by 0.23 rad (SD) on shaved scalps, which makes 9
degrees; of 254 drawn ones three were above 15.2, of 95 annotated real ones six, up to 16.8; hair that clumps lies at
10 to 22.  Warning and refusal lie close, for clumped hair that loses a tenth of the density begins at 11 degrees."""
_AROUND_MM = 1.2
_FEWEST_HAIRS = 8

Array = NDArray[np.float64]


def hair_checks(
    grey: Plane, um_per_px: float, measurement: Measurement | None, asked: HairAsked | None
) -> tuple[Check, ...]:
    """Judge the hair's readiness.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, columns)
        Brightness.
    um_per_px : float
        Scale of `grey`.
    measurement : Measurement or None
        Of the same picture.
    asked : {"clipped", "long"} or None
        As what the hair was made ready; None where nobody said: long hair then only warns.
    """
    if asked == "long":
        return (
            check(
                "hair-cover",
                100 * cover_share(grey, um_per_px),
                "%",
                COVER_PERCENT,
                good="The skin is seen between the hairs.",
                warned="Hair covers {value:.0f} % of the picture: part it more widely.",
                refused="Hair covers {value:.0f} % of the picture and hides its roots: part it anew and take it again.",
            ),
        )
    refuse_at = LONG_PERCENT.refuse_at if asked == "clipped" else None
    return (
        check(
            "long-hair",
            100 * long_share(grey, um_per_px),
            "%",
            Limits(LONG_PERCENT.warn_at, refuse_at),
            good="All hair is short.",
            warned="Some hair is longer than clipped hair ({value:.0f} % of what is dark): clip it, or comb it away.",
            refused="Long hair lies over the field ({value:.0f} % of what is dark): clip it or comb it away, and take"
            " it again.",
        ),
        check(
            "hair-order",
            None if measurement is None or measurement.hair_mode == "long" else scatter_deg(measurement),
            "deg",
            SCATTER_DEG,
            good="Neighbouring hairs lie alike.",
            warned="Neighbouring hairs lie {value:.0f} degrees apart, as wet hair does: dry and comb it.",
            refused="Neighbouring hairs lie {value:.0f} degrees apart, as wet, clumped hair does: dry and comb it, and"
            " take it again. (At a whorl: force it, with a note.)",
            unknown="Not measured: too few hairs.",
        ),
    )


def repeat_check(repeated: Repeatability | None, measurement: Measurement | None) -> Check:
    """Judge how much the densities of a burst's stills differ.

    Parameters
    ----------
    repeated : Repeatability or None
        Of the burst; None for a single still.
    measurement : Measurement or None
        Of the still that is kept.
    """
    density = 0.0 if measurement is None else measurement.hair_density_per_cm2.value
    return check(
        "repeatability",
        None if repeated is None or not density else 100 * repeated.hair_density_sd_per_cm2 / density,
        "%",
        REPEATS_PERCENT,
        good="The stills of the burst agree within {value:.1f} %.",
        warned="The stills of the burst differ by {value:.1f} %: hold still, and look whether hairs lie free.",
        refused="The stills of the burst differ by {value:.0f} %: hold still, and take it again.",
        unknown="Not measured: a single still.",
    )


def scatter_deg(measurement: Measurement) -> float | None:
    """Mean angle between each hair and the mean of those within about 1.2 mm; None for fewer than 8 hairs."""
    if len(measurement.hairs) < _FEWEST_HAIRS:
        return None
    middles = np.array([hair.centreline_px[len(hair.centreline_px) // 2] for hair in measurement.hairs])
    course = np.array([np.subtract(hair.tip_px, hair.root_px) for hair in measurement.hairs])
    # twice the angle: which end is the root does not matter here
    ways = np.exp(2j * np.arctan2(course[:, 1], course[:, 0]))
    apart_mm = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1)) * measurement.um_per_px / 1000.0
    near = np.exp(-0.5 * (apart_mm / _AROUND_MM) ** 2)
    np.fill_diagonal(near, 0.0)
    around = near @ ways
    return float(np.rad2deg(np.abs(np.angle(ways * np.conj(around))) / 2).mean())
