"""Figures: values with intervals that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from analysis import Interval
from analysis.figures import (
    Sample,
    density,
    hairs_per_unit,
    mean,
    median,
    share,
    spacing_index,
    spread,
    t95,
    total_per_area,
    unit_density,
    unit_size_shares,
)

sure = arrays(float, st.integers(0, 300), elements=st.floats(0.05, 1.0))
areas = st.floats(0.05, 1.5)


def sample_of(hairs: int, area_cm2: float = 0.8, scale_rsd: float = 0.0) -> Sample:
    """Hairs in units of one and two by turns."""
    unit = np.array([0, 1, 1])[np.arange(hairs) % 3] + 2 * (np.arange(hairs) // 3)
    return Sample(unit, area_cm2, scale_rsd)


@given(sure, areas)
def test_the_interval_of_a_density_holds_its_value_and_is_never_negative(p: np.ndarray, area_cm2: float) -> None:
    """A negative density, or one outside of its own interval, would be shown to a patient."""
    sample = sample_of(len(p), area_cm2)
    figure = density(sample, p)
    assert figure.value == pytest.approx(len(p) / area_cm2)
    assert 0 <= figure.low <= figure.value < figure.high
    units = unit_density(sample, p)
    assert units.value == pytest.approx(sample.units / area_cm2)
    assert 0 <= units.low <= units.value < units.high


@given(sure, areas, st.floats(0.5, 20))
def test_what_is_in_doubt_widens_the_interval(p: np.ndarray, area_cm2: float, missed: float) -> None:
    """An interval that forgets the doubt of hairs, misses or scale says more than is known."""
    certain = density(sample_of(len(p), area_cm2), np.ones_like(p))
    doubtful = density(sample_of(len(p), area_cm2), p)
    assert doubtful.high >= certain.high
    assert doubtful.low <= certain.low
    with_misses = density(sample_of(len(p), area_cm2), p, missed=(missed, missed / 2))
    assert with_misses.high > doubtful.high + missed / area_cm2
    assert with_misses.value == doubtful.value
    scaled = density(sample_of(len(p), area_cm2, 0.05), np.ones_like(p))
    assert scaled.high >= certain.high
    assert scaled.low <= certain.low


def test_units_that_are_alike_make_a_count_surer_than_units_that_differ() -> None:
    """Hairs come in units: a frame of ones and threes tells less of the scalp than one of twos."""
    alike = Sample(np.repeat(np.arange(60), 2), 0.7)
    unlike = Sample(np.repeat(np.arange(60), np.tile([1, 3], 30)), 0.7)
    a, b = (density(one, np.ones(120)) for one in (alike, unlike))
    assert a.high - a.low < 0.9 * (b.high - b.low)


@pytest.mark.parametrize("hairs", [2, 4])
def test_a_handful_of_units_that_are_alike_is_no_proof(hairs: int) -> None:
    """Three lone hairs would else give a density as sure as if every unit of the scalp had one."""
    figure = density(Sample(np.arange(hairs), 0.1), np.ones(hairs))
    assert figure.high - figure.low > 2 * 1.96 * np.sqrt(0.9 * hairs) / 0.1


@pytest.mark.parametrize(("units", "index"), [(1.1, 0.45), (2.3, 0.36), (4.5, 0.28)])
def test_the_spacing_of_units_is_the_one_read_off_real_scalps(units: float, index: float) -> None:
    """The curve must pass through what was counted on real scalps in windows of these sizes."""
    assert spacing_index(units, units / 84) == pytest.approx(index, abs=0.05)


def test_scalp_that_has_lost_units_is_less_regular() -> None:
    """Hair loss takes units by chance: the lattice that is left has gaps, and a count in it says less."""
    indices = [spacing_index(units, 0.8) for units in (0, 4, 16, 32)]
    assert indices == sorted(indices, reverse=True)
    assert indices[0] == 1.0
    assert spacing_index(32, 0.8) > 1.4 * spacing_index(32, 0.4)


def flags(count: int, part: int) -> np.ndarray:
    """`part` of `count` members."""
    return np.arange(count) < part


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_share_lies_in_its_interval_between_0_and_1(part: int, more: int) -> None:
    """A share above one or an interval of no width at none of ten would be nonsense."""
    figure = share(flags(part + more, part))
    if part + more == 0:
        assert figure is None
        return
    assert figure is not None
    assert 0 <= figure.low <= figure.value <= figure.high <= 1
    assert figure.high > figure.low


def test_a_share_is_wilsons() -> None:
    """10 of 40: the interval of the textbook, not the plain normal one."""
    figure = share(flags(40, 10))
    assert figure is not None
    wilson = stats.binomtest(10, 40).proportion_ci(method="wilson")
    assert (figure.low, figure.high) == pytest.approx((wilson.low, wilson.high), abs=1e-6)


def test_alike_hairs_of_a_unit_count_as_fewer() -> None:
    """A share over 80 hairs whose pairs are always of one kind rests on 40, whatever else is doubtful."""
    paired, alone = np.repeat(np.arange(40), 2), np.arange(80)
    part = np.tile([True, True, False, False], 20)
    a, b, of_40 = share(part, paired), share(part, alone), share(flags(40, 20))
    assert a is not None
    assert b is not None
    assert of_40 is not None
    assert (a.low, a.high) == pytest.approx((of_40.low, of_40.high))
    assert b.high < a.high
    for more in ({"doubt": 4.0}, {"common_sd": 0.1}):
        wider = share(part, paired, **more)
        assert wider is not None
        assert wider.low < a.low < a.high < wider.high


def test_a_mean_has_its_standard_error_and_one_value_has_none() -> None:
    """The spread of one hair is unknown: an interval would be made up."""
    three = Sample(np.arange(3), 0.8)
    figure = mean(three, np.array([60.0, 70.0, 80.0]))
    assert figure is not None
    assert figure.value == 70
    assert figure.high - figure.value == pytest.approx(stats.t.ppf(0.975, 2) * 10 / np.sqrt(3), rel=1e-3)
    assert mean(three, np.array([70.0, np.nan, np.nan])) is None
    assert mean(Sample(np.zeros(0, np.intp), 0.8), np.zeros(0)) is None
    wider = mean(three, np.array([60.0, 70.0, 80.0]), common_sd=10.0)
    assert wider is not None
    assert wider.high - 70 == pytest.approx(np.hypot(figure.high - 70, 1.96 * 10), rel=1e-3)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 6, 10, 30, 300])
def test_students_quantile_is_the_tables(degrees: int) -> None:
    """With few hairs the normal quantile makes intervals far too narrow."""
    assert t95(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=0.01 if degrees == 3 else 0.003)


def test_the_spread_of_few_units_is_unknown() -> None:
    """Of three units, the interval of a standard deviation would run over orders of magnitude."""
    assert spread(sample_of(4), np.linspace(50, 70, 4)) is None
    figure = spread(sample_of(40), np.append(np.nan, np.linspace(50, 70, 39)))
    assert figure is not None
    assert figure.value == pytest.approx(np.std(np.linspace(50, 70, 39), ddof=1))
    assert 0 < figure.low < figure.value < figure.high < 3 * figure.value
    alike = spread(sample_of(40), np.full(40, 60.0))
    assert alike is not None
    assert alike.high == 0


@given(arrays(float, 20, elements=st.floats(0.01, 0.1)), areas)
def test_total_thickness_grows_as_the_sum(values: np.ndarray, area_cm2: float) -> None:
    """Cumulative thickness is the figure of treatment that joins number and width."""
    figure = total_per_area(sample_of(20, area_cm2), values, np.ones(20))
    assert figure.value == pytest.approx(values.sum() / area_cm2)
    assert 0 <= figure.low < figure.value < figure.high
    assert total_per_area(sample_of(0, area_cm2), np.zeros(0), np.zeros(0)).value == 0


def test_unit_figures_are_of_units() -> None:
    """Units of one, two and five hairs: sizes from four on are one class, and no unit has no figure."""
    sample = Sample(np.array([0, 1, 1, 2, 2, 2, 2, 2]), 0.8)
    per_unit, sizes = hairs_per_unit(sample), unit_size_shares(sample)
    assert per_unit is not None
    assert sizes is not None
    assert per_unit.value == pytest.approx(8 / 3)
    assert per_unit.low >= 1
    assert [one.value for one in sizes] == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])
    bare = Sample(np.zeros(0, np.intp), 0.8)
    assert hairs_per_unit(bare) is None
    assert unit_size_shares(bare) is None


def test_a_median_of_few_has_no_interval() -> None:
    """Of five values, not even the least and the greatest hold the median in 95 of 100."""
    assert median(Sample(np.arange(5), 0.8), np.arange(5.0)) is None
    figure = median(Sample(np.arange(9), 0.8), np.append(np.arange(8.0), np.nan))
    assert figure is not None
    assert (figure.value, figure.low, figure.high) == (3.5, 0.0, 7.0)


def scalp(rng: np.random.Generator) -> tuple[Sample, np.ndarray, np.ndarray]:
    """A frame of 0.5 cm2 on a jittered lattice of units with gaps: each hair's unit, diameter and lightness."""
    pitch, side = 1.16, np.sqrt(50.0)
    places = np.stack(np.meshgrid(*[np.arange(-2, side / pitch + 2)] * 2), -1).reshape(-1, 2) * pitch
    places = places + pitch * rng.uniform(0, 1, 2) + pitch * rng.uniform(-0.25, 0.25, places.shape)
    seen = places[(places >= 0).all(1) & (places < side).all(1) & (rng.random(len(places)) < 0.87)]
    unit = np.repeat(np.arange(len(seen)), 1 + rng.choice(4, len(seen), p=[0.45, 0.42, 0.07, 0.06]))
    of_unit = rng.normal(0, 1, len(seen))[unit]
    own = rng.normal(0, 1, len(unit))
    diameter_um = 62 + 16 * (0.4**0.5 * of_unit + 0.6**0.5 * own)
    lightness = np.exp(3 + 0.3 * (0.5**0.5 * of_unit + 0.5**0.5 * rng.normal(0, 1, len(unit))))
    return Sample(unit, 0.5), diameter_um, lightness


def test_intervals_cover_what_is_true_of_the_scalp_in_95_of_100() -> None:
    """An interval of the wrong width makes chance look like treatment, or treatment like chance.

    The units' own counts stand on a lattice here, hairs of a unit resemble each other, and nothing is missed.
    """
    rng = np.random.default_rng(20)
    units_per_cm2 = 0.87 * 100 / 1.16**2
    true = {
        "density": 1.74 * units_per_cm2,
        "units": units_per_cm2,
        "terminal density": 1.74 * units_per_cm2 * stats.norm.sf(40, 62, 16),
        "hairs per unit": 1.74,
        "mean": 62.0,
        "spread": 16.0,
        "terminal share": stats.norm.sf(40, 62, 16),
        "thickness": 1.74 * units_per_cm2 * 0.062,
        "lightness": np.exp(3),
    }
    covered = dict.fromkeys(true, 0)
    trials = 2000
    for _ in range(trials):
        sample, diameter_um, lightness = scalp(rng)
        p, terminal = np.ones(len(diameter_um)), diameter_um >= 40
        figures = {
            "density": density(sample, p),
            "units": unit_density(sample, p),
            "terminal density": density(sample, p, terminal),
            "hairs per unit": hairs_per_unit(sample),
            "mean": mean(sample, diameter_um),
            "spread": spread(sample, diameter_um),
            "terminal share": share(terminal, sample.unit),
            "thickness": total_per_area(sample, diameter_um / 1000, p),
            "lightness": median(sample, lightness),
        }
        for name, figure in figures.items():
            assert figure is not None
            covered[name] += true[name] in figure
    for name, count in covered.items():
        assert 0.93 <= count / trials <= 0.97, (name, count / trials)


def test_intervals_cover_when_misses_are_stated_and_not_when_they_are_kept_quiet() -> None:
    """A method that sees seven hairs of eight, and says so, must hold the truth; the counted hairs alone do not."""
    rng = np.random.default_rng(5)
    trials, true, stated, quiet = 2000, 1.74 * 0.87 * 100 / 1.16**2, 0, 0
    for _ in range(trials):
        sample, diameter_um, _ = scalp(rng)
        seen = rng.random(len(diameter_um)) < 7 / 8
        found = Sample(np.unique(sample.unit[seen], return_inverse=True)[1], 0.5)
        count = int(seen.sum())
        stated += true in density(found, np.ones(count), missed=(count / 7, (8 * count) ** 0.5 / 7))
        quiet += true in density(found, np.ones(count))
    assert 0.93 <= stated / trials <= 0.97
    assert quiet / trials < 0.9


numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, numbers, numbers)
def test_an_interval_is_in_order_or_refused(a: float, b: float, c: float, d: float) -> None:
    """An interval the wrong way round contains nothing and would pass no check silently."""
    low, value, high = sorted((a, b, c))
    interval = Interval(value, low, high)
    assert (d in interval) == (low <= d <= high)
    assert set(interval.as_dict(2)) == {"value", "low", "high"}
    if low < high:
        with pytest.raises(ValueError, match="finite low <= value <= high"):
            Interval(value, high, low)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_interval_that_is_not_finite_is_refused(bad: float) -> None:
    """NaN is not JSON, and the collector would quarantine the capture."""
    with pytest.raises(ValueError, match="finite"):
        Interval(1.0, 0.0, bad)


def test_a_rare_kind_widens_the_interval_of_a_small_frame_and_not_its_value() -> None:
    """Without it a frame that holds no vellus hair by chance states a mean that no such scalp has."""
    widened = []
    for count in (8, 400):
        sample, values = Sample(np.arange(count), 0.3), np.linspace(55, 75, count)
        plain, wider = mean(sample, values), mean(sample, values, also=(25.0, 25.0))
        assert plain is not None
        assert wider is not None
        assert wider.value == plain.value
        widened.append((wider.high - wider.low) / (plain.high - plain.low))
    assert widened[0] > 1.5
    assert 1 < widened[1] < 1.15
