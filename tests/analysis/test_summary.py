"""Summary: from counted hairs to the figures a clinic reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis import Flag, Interval, Measurement
from analysis.summary import CountedHairs, Field, summarise
from analysis.units import group
from phantom import ScalpSettings, grow

UM_PER_PX = 5.3


def counted(diameters_um: list[float] | np.ndarray, unit: list[int] | None = None) -> CountedHairs:
    """Straight hairs of 0.7 mm side by side, each surely one hair."""
    diameters = np.asarray(diameters_um, float)
    return CountedHairs(
        centrelines_px=[np.array([(x, 0.0), (x, 132.0)]) for x in 100.0 * np.arange(len(diameters))],
        lengths_mm=np.full(len(diameters), 0.7),
        diameters_um=diameters,
        limited=np.zeros(len(diameters), bool),
        rough_um=np.where(np.isfinite(diameters), diameters, 90.0),
        probabilities=np.ones(len(diameters)),
        unit=np.arange(len(diameters)) if unit is None else np.array(unit),
        blur_estimated=False,
    )


def summary(hairs: CountedHairs, *, um_per_px_sd: float | None = None, **options: object) -> Measurement:
    """Summarise what was counted on 0.8 cm2."""
    field = Field(UM_PER_PX, (2028, 1520), (20.0, 20.0, 2007.0, 1499.0), 0.8, um_per_px_sd)
    options = {"terminal_from_um": 40.0, "flags": ()} | options
    return summarise(hairs, field, **options)  # type: ignore[arg-type]


def width(figure: Interval | None) -> float:
    """Width of an interval that must be there."""
    assert figure is not None
    return figure.high - figure.low


def test_every_figure_is_the_one_defined() -> None:
    """Figures are compared between clinics: a definition that drifts compares nothing."""
    diameters = [20.0, 29.9, 30.0, 39.9, 40.0, 59.9, 60.0, 75.0, 80.0, 90.0]
    result = summary(counted(diameters, unit=[0, 1, 1, 2, 2, 2, 3, 3, 3, 3]))
    shown = {
        "hair_density_per_cm2": 10 / 0.8,
        "terminal_density_per_cm2": 6 / 0.8,
        "vellus_density_per_cm2": 4 / 0.8,
        "mean_diameter_um": np.mean(diameters),
        "diameter_spread_um": np.std(diameters, ddof=1),
        "diameter_diversity": 0.8,  # mean 52.47: within 41.98 to 62.97 lie 59.9 and 60.0
        "terminal_share": 0.6,
        "thin_hair_share": 0.2,
        "unit_density_per_cm2": 4 / 0.8,
        "hairs_per_unit": 2.5,
        "cumulative_thickness_mm_per_cm2": sum(diameters) / 1000 / 0.8,
        "mean_length_mm": 0.7,
    }
    for name, value in shown.items():
        assert getattr(result, name).value == pytest.approx(value), name
    assert result.unit_size_shares is not None
    assert [one.value for one in result.unit_size_shares] == [0.25] * 4
    assert result.intermediate_hairs == 4
    assert result.terminal_from_um == 40
    assert (result.shaft_lightness, result.shaft_contrast, result.missed_expected) == (None, None, None)


def test_the_cut_off_moves_the_kinds_and_is_recorded() -> None:
    """A terminal share without its cut-off cannot be held against another."""
    result = summary(counted([20.0, 35.0, 60.0]), terminal_from_um=30.0)
    assert result.terminal_from_um == 30
    assert [hair.kind for hair in result.hairs] == ["vellus", "terminal", "terminal"]


def test_bare_skin_has_densities_and_nothing_else() -> None:
    """A mean of no hair would be NaN, which no message may carry."""
    result = summary(counted([]))
    assert result.hair_density_per_cm2.value == 0
    assert result.hair_density_per_cm2.high > 0
    assert result.unit_size_shares is None
    for name in ("mean_diameter_um", "diameter_spread_um", "diameter_diversity", "terminal_share", "mean_length_mm"):
        assert getattr(result, name) is None


def test_length_is_of_clipped_hair_and_the_mode_is_said() -> None:
    """Long hair leaves the picture: the mean of what is seen of it would pass for its length."""
    hairs = replace(counted([60.0] * 8), rootless_shafts=3)
    found = summary(hairs, flags=(Flag.LONG_HAIR,))
    assert (found.hair_mode, found.mean_length_mm, found.rootless_shafts) == ("long", None, 3)
    chosen = summary(hairs, flags=(Flag.LONG_HAIR,), hair_mode="clipped")
    assert chosen.hair_mode == "clipped"
    assert chosen.mean_length_mm is not None
    assert summary(hairs).hair_mode == "clipped"


def test_colour_that_is_not_calibrated_is_flagged() -> None:
    """L* of two instruments would be compared as if it were the hair's."""
    lab = np.column_stack([np.linspace(15, 40, 12), np.full(12, 3.0), np.full(12, 8.0)])
    lab[3] = np.nan
    hairs = replace(counted([60.0] * 12), core_lab=lab, skin_lab=np.full((12, 3), 60.0))
    result = summary(hairs, flags=(Flag.GLARE,))
    assert result.shaft_lightness is not None
    assert result.shaft_contrast is not None
    assert result.shaft_lightness.value == pytest.approx(np.nanmedian(lab[:, 0]))
    assert result.shaft_contrast.value == pytest.approx(60 - np.nanmedian(lab[:, 0]))
    assert result.flags == (Flag.COLOUR_UNCALIBRATED, Flag.GLARE)
    assert result.hairs[3].core_lab is None
    assert result.hairs[0].core_lab == pytest.approx((15, 3, 8))
    assert Flag.COLOUR_UNCALIBRATED not in summary(hairs, colour_calibrated=True).flags
    assert Flag.COLOUR_UNCALIBRATED not in summary(counted([60.0] * 12)).flags


def test_what_all_hairs_share_widens_the_intervals_it_touches() -> None:
    """Ten thousand hairs measured with a wrong scale are wrong together."""
    rng = np.random.default_rng(2)
    hairs = counted(rng.normal(50, 15, 300))
    plain = summary(hairs)
    scaled = summary(hairs, um_per_px_sd=0.03 * UM_PER_PX)
    for name in ("hair_density_per_cm2", "unit_density_per_cm2", "mean_diameter_um", "terminal_share"):
        assert width(getattr(scaled, name)) > 1.02 * width(getattr(plain, name)), name
    blurred = summary(replace(hairs, diameter_common_sd_um=3.0))
    assert width(blurred.mean_diameter_um) > 2 * width(plain.mean_diameter_um)
    assert width(blurred.thin_hair_share) > width(plain.thin_hair_share)
    assert width(blurred.hair_density_per_cm2) == width(plain.hair_density_per_cm2)


@pytest.mark.parametrize(
    ("figure", "power"),
    [
        ("hair_density_per_cm2", 2),
        ("vellus_density_per_cm2", 2),
        ("unit_density_per_cm2", 2),
        ("mean_diameter_um", 1),
        ("diameter_spread_um", 1),
        ("cumulative_thickness_mm_per_cm2", 1),
        ("mean_length_mm", 1),
    ],
)
def test_the_scale_widens_each_interval_by_as_many_times_as_the_figure_hangs_on_it(figure: str, power: int) -> None:
    """A density goes with the square of the scale: counted once, its interval would be half as wide as its doubt."""
    hairs = counted(np.random.default_rng(4).normal(60, 15, 400))
    relative_sd = 0.01
    plain, scaled = (summary(hairs, um_per_px_sd=sd * UM_PER_PX) for sd in (0.0, relative_sd))
    added = np.sqrt(width(getattr(scaled, figure)) ** 2 - width(getattr(plain, figure)) ** 2) / 2
    assert added == pytest.approx(1.96 * power * relative_sd * getattr(plain, figure).value, rel=0.05)


def test_hairs_near_the_cut_off_put_their_kind_in_doubt() -> None:
    """A share of hairs told apart by a width that is not known to the micrometre is not known to the hair."""
    rng = np.random.default_rng(3)
    hairs = counted(rng.normal(50, 15, 100))
    sure = width(summary(hairs).terminal_share)
    assert width(summary(replace(hairs, diameters_sd_um=np.full(100, 8.0))).terminal_share) > sure
    unmeasured = np.where(np.arange(100) < 40, np.nan, hairs.diameters_um)
    assert width(summary(replace(hairs, diameters_um=unmeasured, rough_um=np.full(100, 44.0))).terminal_share) > sure


def test_a_limit_above_the_cut_off_leaves_the_kind_open() -> None:
    """A blurred picture would report all hairs terminal, since all it knows of the thin ones is "at most 45 um"."""
    hairs = counted([45.0] * 30 + [70.0] * 70)
    blurred = summary(replace(hairs, limited=np.arange(100) < 30))
    sharp = summary(hairs)
    assert blurred.terminal_share is not None
    assert sharp.terminal_share is not None
    assert blurred.thin_hair_share is not None
    assert blurred.terminal_share.value == sharp.terminal_share.value == 1
    assert sharp.terminal_share.low > 0.9
    assert blurred.terminal_share.low < 0.7
    assert blurred.thin_hair_share.high > 0.3


def test_missed_hairs_are_said_and_held_by_the_intervals() -> None:
    """A picture in which half of the thin hairs cannot be seen must not read as one that has few."""
    hairs = counted([60.0] * 80 + [25.0] * 10)
    plain, doubtful = summary(hairs), summary(replace(hairs, missed=(10.0, 3.0)))
    assert (doubtful.missed_expected, doubtful.missed_expected_sd) == (10.0, 3.0)
    assert doubtful.hair_density_per_cm2.value == plain.hair_density_per_cm2.value
    assert doubtful.hair_density_per_cm2.high > plain.hair_density_per_cm2.high + 10 / 0.8
    assert 20 / 0.8 in doubtful.vellus_density_per_cm2
    assert doubtful.terminal_density_per_cm2 == plain.terminal_density_per_cm2


TERMINAL_UM, VELLUS_UM = (
    stats.truncnorm.mean((low - mean) / sd, (high - mean) / sd, mean, sd)
    for mean, sd, low, high in ((68, 12, 40, 150), (26, 6, 8, 40))
)
MEAN_UM = 0.88 * TERMINAL_UM + 0.12 * VELLUS_UM


def covered(density_per_cm2: float, seed: int) -> dict[str, bool]:
    """Whether each interval of a frame of 0.3 cm2, counted without error, holds what the phantom was grown with."""
    settings = ScalpSettings(hair_density_per_cm2=density_per_cm2, size_mm=(6.0, 5.0), margin_mm=0.6)
    grown = grow(settings, seed=70_000 + seed).hairs
    seen = [hair for hair in grown if abs(hair.root_mm[0]) <= 3.0 and abs(hair.root_mm[1]) <= 2.5]
    hairs = counted([hair.diameter_um for hair in seen])
    unit = group(1000 * np.array([hair.root_mm for hair in seen]).reshape(-1, 2))
    frame = Field(UM_PER_PX, (1132, 943), (0.0, 0.0, 1132.0, 943.0), 0.3)
    measured = summarise(replace(hairs, unit=unit), frame, terminal_from_um=40.0, flags=())
    true = {
        "hair_density_per_cm2": density_per_cm2,
        "terminal_density_per_cm2": 0.88 * density_per_cm2,
        "vellus_density_per_cm2": 0.12 * density_per_cm2,
        "mean_diameter_um": MEAN_UM,
        "terminal_share": 0.88,
        "cumulative_thickness_mm_per_cm2": density_per_cm2 * MEAN_UM / 1000,
    }
    return {name: value in getattr(measured, name) for name, value in true.items()}


def test_intervals_cover_what_the_phantoms_were_grown_with() -> None:
    """An interval that covers less hides doubt; one that covers more hides the treatment's effect."""
    densities = np.linspace(100, 220, 1500)
    trials = [covered(float(density), seed) for seed, density in enumerate(densities)]
    for name in trials[0]:
        share = np.mean([trial[name] for trial in trials])
        assert 0.93 <= share <= 0.97, (name, share)


def test_intervals_of_sparse_phantoms_are_on_the_safe_side() -> None:
    """Sparse scalp has lost units by chance, a sparse phantom has not: its interval may be wide, but never narrow."""
    trials = [covered(45.0, seed) for seed in range(300)]
    assert np.mean([trial["hair_density_per_cm2"] for trial in trials]) >= 0.95
