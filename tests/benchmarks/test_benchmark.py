"""The benchmark's other parts: its phantoms, peers, page, and a short run from end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy, cost_growth, coverage, report, speed
from benchmarks.peers import METHODS
from benchmarks.phantoms import CLASSES, FIRST_SEED, PhantomClass
from benchmarks.pooling import pool
from benchmarks.scoring import score
from benchmarks.targets import ACCURACY, Bound
from phantom import Optics, Photograph, ScalpSettings, grow, photograph
from training.curriculum import SEEDS as SEEDS_OF_LESSONS


@pytest.fixture(scope="module")
def tiny() -> Photograph:
    """Two square millimetres of well separated black hair."""
    settings = ScalpSettings(
        hair_density_per_cm2=120.0, units_of=(1.0, 0.0, 0.0, 0.0), hair_colour="black", vellus_share=0.0,
        size_mm=(3.4, 2.7),
    )  # fmt: skip
    return photograph(grow(settings, seed=FIRST_SEED - 1), Optics(size_px=(640, 500)), seed=5)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_easy_hair(method: str, tiny: Photograph) -> None:
    """A peer that is broken would make ours look good."""
    if method == "skeleton + skan":
        pytest.importorskip("skan", reason="skan is not installed: make bench-accuracy brings it")
    optics = tiny.truth.optics
    finding = METHODS[method](tiny.picture, optics.um_per_px, optics.blur_sigma_px)
    figures = pool([score(finding, tiny, "clipped")])
    assert figures.hairs >= 5
    assert figures.recall >= 0.7
    assert figures.precision >= 0.7


@pytest.mark.parametrize("method", METHODS)
def test_no_method_fails_on_plain_skin(method: str) -> None:
    """A picture without an edge gives some detectors nothing to return, which is no reason to stop a run."""
    if method == "skeleton + skan":
        pytest.importorskip("skan", reason="skan is not installed: make bench-accuracy brings it")
    plain = np.full((400, 500, 3), 150, np.uint8)
    assert METHODS[method](plain, 5.3, 0.9).hairs == ()


def test_no_picture_of_the_benchmark_is_drawn_from_a_seed_that_was_trained_on() -> None:
    """What was learned by heart would be measured."""
    seeds = [named.first_seed for named in CLASSES.values()]
    assert min(seeds) >= FIRST_SEED >= SEEDS_OF_LESSONS.stop
    assert len(set(seeds)) == len(CLASSES)
    assert coverage.SEEDS.start > max(seeds)


@pytest.mark.parametrize("name", ["long-parted"])
def test_a_class_gives_the_same_picture_again(name: str) -> None:
    """Figures of two runs could not be compared."""
    named: PhantomClass = CLASSES[name]
    assert np.array_equal(named.photograph(1).picture, named.photograph(1).picture)


def test_every_class_has_a_target() -> None:
    """A class without one would be measured and judged by nobody."""
    assert set(ACCURACY) == set(CLASSES)


def test_the_population_is_the_one_that_hairs_are_drawn_from() -> None:
    """A wrong mean would make right intervals look wrong: compared with a scalp of some thousand hairs."""
    settings = ScalpSettings(
        hair_density_per_cm2=300.0, vellus_share=0.3, terminal_um=(58.0, 14.0), size_mm=(40.0, 40.0)
    )
    hairs = grow(settings, seed=3).hairs
    population = coverage.population_of(settings)
    terminal = np.array([hair.kind == "terminal" for hair in hairs])
    diameters = np.array([hair.diameter_um for hair in hairs])
    error = 4 / len(hairs) ** 0.5
    assert population["terminal_share"] == pytest.approx(float(terminal.mean()), abs=error * 0.46)
    assert population["mean_diameter_um"] == pytest.approx(float(diameters.mean()), abs=error * float(diameters.std()))


def test_intervals_that_hold_are_told_from_those_that_do_not() -> None:
    """Coverage counted over the wrong pictures would be a figure about nothing."""
    held = {"hair_density_per_cm2": coverage.Held(True, False, 0.1, 0.2)}
    missed = {"hair_density_per_cm2": coverage.Held(False, False, 0.3, 0.2)}
    pooled = coverage.pool([held, held, held, missed])
    density = pooled["hair_density_per_cm2"]
    assert (density.pictures, density.population, density.frame) == (4, 0.75, 0.0)
    assert (density.off, density.half_width) == pytest.approx((0.15, 0.2))
    assert "mean_diameter_um" not in pooled


def test_a_bound_says_by_how_much_a_figure_is_short() -> None:
    """A short-fall shown as met would be the worst error of all."""
    within = Bound("density_bias", "density bias", -0.01, 0.01, 1, "%")
    assert within.verdict(0.009) == "met"
    assert within.verdict(-0.03) == "**short by 2.00 %**"
    assert Bound("f1", "F1", low=0.95, digits=3).verdict(0.949) == "**short by 0.0010**"
    assert Bound("f1", "F1", low=0.95).verdict(float("nan")) == "not measured"


def test_a_command_renews_its_own_section_only(tmp_path: Path) -> None:
    """A run of one benchmark would wipe out what the other gave."""
    page = tmp_path / "benchmarks.md"
    report.write("accuracy", "| a |", page)
    assert "Not measured yet: `make bench-speed`" in page.read_text()
    report.write("speed", "| b |", page)
    report.write("accuracy", "| c |", page)
    text = page.read_text()
    assert "| a |" not in text
    assert "| b |" in text
    assert text.index("| c |") < text.index("| b |")
    assert text.count("## Speed") == 1


def test_accuracy_runs_from_end_to_end_on_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole run takes minutes: what breaks its tables is to be seen before."""
    monkeypatch.setattr(accuracy, "METHODS", {name: METHODS[name] for name in ("trichoscope", "LSD")})
    trials = [accuracy.try_phantom(("clipped", number)) for number in (1, 2)]
    figures = {name: pool([trial.scores[name] for trial in trials]) for name in ("trichoscope", "LSD")}
    text = accuracy.described(accuracy.Results({"clipped": figures}, {"clipped": trials}), "odd")
    assert "| trichoscope | " in text
    assert "| LSD | " in text
    assert f"{figures['trichoscope'].f1:.3f}" in text
    sheet = accuracy.sheet_of(accuracy.Results({}, {"clipped": trials}))
    assert sheet is None or sheet.shape[2] == 3


def test_memory_is_that_of_the_method() -> None:
    """The peak of the process that asks must not be taken for the method's: this one holds 300 MB while it asks."""
    ballast = np.ones(300_000_000, np.uint8)
    picture = speed.clipped((500, 400)).picture
    assert 0.5 < speed.peak_mb("trichoscope", picture) < 200.0
    assert ballast[-1] == 1


def test_a_line_through_growing_cost_is_the_least_squares_line() -> None:
    """The plot's claim of linear growth rests on it."""
    straight = cost_growth.Growth("pixels", (1.0, 2.0, 4.0), (0.3, 0.5, 0.9))
    assert straight.line == pytest.approx((0.2, 0.1))
    assert straight.r_squared == pytest.approx(1.0)
    bent = cost_growth.Growth("pixels", (1.0, 2.0, 4.0, 8.0), (1.0, 4.0, 16.0, 64.0))
    assert bent.r_squared < 0.97
