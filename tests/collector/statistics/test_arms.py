"""Arms against each other by change scores: against published data, closed forms, and simulated trials."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from collector.statistics.arms import ArmsCompared, BeforeAfter, Way, compare_arms
from collector.statistics.given import FiguresUnusable, TooFewFigures
from tests.collector.statistics.test_change import STUDENT_FIRST, STUDENT_SECOND
from tests.collector.statistics.trials import ends, trial


def of_changes(**changes: list[float]) -> list[BeforeAfter]:
    """Make patients who all began at 0."""
    return [
        BeforeAfter(f"{arm}-{number}", arm, "vertex", 0.0, change)
        for arm, of_arm in changes.items()
        for number, change in enumerate(of_arm)
    ]


def small_trial(seed: int, **settings: float) -> list[BeforeAfter]:
    """Simulate a trial of 24 patients."""
    return ends(trial(np.random.default_rng(seed), patients=24, missing=0.0, **settings))  # type: ignore[arg-type]


def numbers(compared: ArmsCompared) -> list[float]:
    """Return all that is estimated."""
    both = (*compared.differences, *compared.adjusted)
    return [v for one in both for v in (one.difference.value, one.difference.low, one.difference.high)]


def test_students_patients_as_two_arms() -> None:
    """Breaks when arms are compared otherwise than by Welch: R's t.test(extra ~ group, data = sleep)."""
    compared = compare_arms(of_changes(first=STUDENT_FIRST, second=STUDENT_SECOND), "second")
    (found,) = compared.differences
    assert (found.arm, found.reference) == ("first", "second")
    assert (found.difference.low, found.difference.high) == pytest.approx((-3.3654832, 0.2054832), abs=1e-6)
    assert found.difference.value == pytest.approx(0.75 - 2.33)
    assert found.p == pytest.approx(0.07939, abs=1e-5)
    assert found.degrees == pytest.approx(17.776, abs=1e-3)
    assert compared.way is Way.ONE_SITE


def test_the_adjusted_difference_is_that_of_an_analysis_of_covariance() -> None:
    """Breaks when the adjustment is another: differences of means after, less the pooled slope times those before."""
    pairs = small_trial(5)
    compared = compare_arms(pairs, "placebo")
    by_arm = {
        arm: np.array([(one.before, one.after) for one in pairs if one.arm == arm])
        for arm in ("placebo", "prp", "secretome")
    }
    centred = np.concatenate([one - one.mean(axis=0) for one in by_arm.values()])
    slope = (centred[:, 0] * centred[:, 1]).sum() / (centred[:, 0] ** 2).sum()
    for found in compared.adjusted:
        apart = by_arm[found.arm].mean(axis=0) - by_arm["placebo"].mean(axis=0)
        assert found.difference.value == pytest.approx(apart[1] - slope * apart[0], rel=1e-9)
        assert found.degrees == 24 - 4
    assert [one.arm for one in compared.adjusted] == ["prp", "secretome"]


def test_the_adjusted_interval_is_of_hc3() -> None:
    """Breaks when residuals of patients who weigh much are taken at face value: the sandwich, reckoned by hand."""
    pairs = small_trial(6)
    (prp, _) = compare_arms(pairs, "placebo").adjusted
    columns = np.array([[1.0, one.arm == "prp", one.arm == "secretome", one.before] for one in pairs])
    after = np.array([one.after for one in pairs])
    bread = np.linalg.inv(columns.T @ columns)
    left = (after - columns @ bread @ columns.T @ after) / (1 - np.diag(columns @ bread @ columns.T))
    error = np.sqrt((bread @ (columns.T * left**2) @ columns @ bread)[1, 1])
    reach = stats.t.ppf(0.975, 20) * error
    assert prp.difference.high - prp.difference.value == pytest.approx(reach, rel=1e-6)
    assert prp.p == pytest.approx(2 * stats.t.sf(abs(prp.difference.value) / error, 20), rel=1e-5)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(-100, 100), st.floats(0.05, 20), st.randoms(use_true_random=False))
def test_units_and_order_of_patients_do_not_matter(seed: int, shift: float, scale: float, chance: Random) -> None:
    """Breaks when a figure's unit, or who came first, gets into the answer."""
    pairs = small_trial(seed)
    turned = [replace(one, before=scale * one.before + shift, after=scale * one.after + shift) for one in pairs]
    chance.shuffle(turned)
    expected = scale * np.array(numbers(compare_arms(pairs, "placebo")))
    assert numbers(compare_arms(turned, "placebo")) == pytest.approx(expected, rel=1e-6, abs=1e-6 * scale)


def test_sites_of_one_patient_are_one_patient() -> None:
    """Breaks when four sites of a head count as four patients: intervals half as wide as they are."""
    pairs = small_trial(9)
    fourfold = [replace(one, site=site) for one in pairs for site in ("frontal", "vertex", "mid-scalp", "temporal")]
    one, four = compare_arms(pairs, "placebo"), compare_arms(fourfold, "placebo")
    assert numbers(four) == pytest.approx(numbers(one))
    assert (four.way, four.patients) == (Way.AVERAGED, 24)
    assert "averaged" in four.notes[0]
    assert [arm.change.patients for arm in four.arms] == [8, 8, 8]


def test_a_single_patient_is_shown_and_not_compared() -> None:
    """Breaks when one patient's change is held against an arm's, or hides the others."""
    compared = compare_arms(of_changes(placebo=[1.0, 2.0, 4.0], prp=[9.0], secretome=[11.0, 12.0, 9.0]), "placebo")
    assert [one.arm for one in compared.arms] == ["placebo", "prp", "secretome"]
    assert compared.arms[1].change.interval is None
    assert [one.arm for one in compared.differences] == ["secretome"]
    assert any("prp and placebo" in note and "single patient" in note for note in compared.notes)


def test_figures_before_that_do_not_vary_are_not_adjusted_for() -> None:
    """Breaks when a constant beside a constant ends in an error or in figures of chance."""
    compared = compare_arms(of_changes(placebo=[1.0, 2.0, 4.0], prp=[9.0, 7.0, 8.0]), "placebo")
    assert len(compared.differences) == 1
    assert compared.adjusted == ()
    assert any("adjusted" in note for note in compared.notes)


def test_changes_without_scatter_are_not_compared() -> None:
    """Breaks when two constants differ by a certain amount with p = 0."""
    compared = compare_arms(of_changes(placebo=[1.0, 1.0], prp=[9.0, 9.0]), "placebo")
    assert compared.differences == compared.adjusted == ()
    assert any("all alike" in note for note in compared.notes)


def test_changes_that_follow_from_the_figures_before_are_not_adjusted() -> None:
    """Breaks when a fit without residuals gives an interval without width."""
    pairs = [
        BeforeAfter(f"P-{n}", "ab"[n % 2], "vertex", before, 1.1 * before + 5 * (n % 2))
        for n, before in enumerate([100.0, 120.0, 135.0, 90.0, 170.0, 150.0, 111.0, 99.0])
    ]
    compared = compare_arms(pairs, "a")
    assert compared.adjusted == ()
    assert any("exactly" in note for note in compared.notes)


def test_one_arm_alone_is_no_comparison() -> None:
    """Breaks when a study of one arm ends in an error."""
    compared = compare_arms(of_changes(secretome=[1.0, 2.0, 4.0]), "secretome")
    assert compared.differences == compared.adjusted == ()
    assert compared.arms[0].change.mean == pytest.approx(7 / 3)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([BeforeAfter("P-1", "a", "vertex", 1.0, float("nan"))], "not numbers"),
        ([BeforeAfter("P-1", "a", "vertex", 1.0, 2.0)] * 2, "two changes"),
        (
            [BeforeAfter("P-1", "a", "vertex", 1.0, 2.0), BeforeAfter("P-1", "b", "frontal", 1.0, 2.0)],
            "in two arms, a and b",
        ),
        ([BeforeAfter("", "a", "vertex", 1.0, 2.0)], "code is missing"),
        ([BeforeAfter(f"P-{n}", str(n), "vertex", 1.0, 2.0) for n in range(13)] + of_changes(a=[1.0]), "14 arms"),
    ],
)
def test_what_is_no_study_is_refused(pairs: list[BeforeAfter], said: str) -> None:
    """Breaks when a figure that is counted twice, or belongs to two arms, is averaged over."""
    with pytest.raises(FiguresUnusable, match=said):
        compare_arms(pairs, "a")


def test_a_reference_without_patients_is_refused() -> None:
    """Breaks when an empty arm is compared with."""
    with pytest.raises(TooFewFigures, match="placebo has no patient"):
        compare_arms(of_changes(prp=[1.0, 2.0]), "placebo")
    with pytest.raises(TooFewFigures):
        compare_arms([], "placebo")
