"""The mixed model of a study: against the analysis of variance, planted effects, and studies with holes."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from collector.statistics import variance_components
from collector.statistics.arms import Way
from collector.statistics.given import FiguresUnusable, TooFewFigures
from collector.statistics.mixed_model import Seen, StudyFit, fit_study
from tests.collector.statistics.trials import trial


def small(seed: int = 1, **settings: float) -> list[Seen]:
    """Simulate a trial of 18 patients without holes."""
    given_settings: dict[str, float] = {"patients": 18, "missing": 0.0} | settings
    return trial(np.random.default_rng(seed), **given_settings)  # type: ignore[arg-type]


def numbers(found: StudyFit) -> list[float]:
    """Return the contrasts and changes with their intervals."""
    intervals = [one.difference for one in found.contrasts] + [one.change for one in found.changes]
    return [v for one in intervals for v in (one.value, one.low, one.high)]


def test_two_complete_visits_are_an_analysis_of_variance_of_changes() -> None:
    """Breaks when estimate, error or degrees of freedom are not exact where exact ones exist."""
    seen = small()
    found = fit_study(seen, "placebo")
    changes = {
        arm: np.array([after.figure - before.figure for before, after in zip(of[::2], of[1::2], strict=True)])
        for arm in ("placebo", "prp", "secretome")
        for of in [[one for one in seen if one.arm == arm]]
    }
    pooled = sum(((one - one.mean()) ** 2).sum() for one in changes.values()) / 15
    for contrast in found.contrasts:
        expected = changes[contrast.arm].mean() - changes["placebo"].mean()
        assert contrast.difference.value == pytest.approx(expected, rel=1e-6)
        error = np.sqrt(pooled * (1 / 6 + 1 / 6))
        assert contrast.difference.high - expected == pytest.approx(stats.t.ppf(0.975, 15) * error, rel=1e-4)
        assert contrast.p == pytest.approx(2 * stats.t.sf(abs(expected) / error, 15), rel=1e-3)
    for change in found.changes:
        assert change.change.value == pytest.approx(changes[change.arm].mean(), rel=1e-6)
    assert found.variances["residual"] == pytest.approx(pooled / 2, rel=1e-4)
    assert (found.degrees, found.patients, found.figures, found.first_visit) == (15, 18, 36, 1)
    assert found.way is Way.MIXED_MODEL
    assert found.convergence == "The model settled."
    assert not found.simpler


def test_every_effect_is_named() -> None:
    """Breaks when a coefficient stands beside another's name."""
    seen = small(patients=30, sites=2)
    effects = {one.name: one.estimate.value for one in fit_study(seen, "placebo").effects}
    assert list(effects) == [
        "constant", "visit 2", "arm prp", "arm secretome", "arm prp, visit 2", "arm secretome, visit 2", "site site 1",
    ]  # fmt: skip
    first = np.mean([one.figure for one in seen if one.arm == "placebo" and one.visit == 1])
    assert effects["constant"] + effects["site site 1"] / 2 == pytest.approx(first, rel=1e-6)


@settings(max_examples=12)
@given(st.integers(0, 1000), st.floats(-100, 100), st.floats(0.05, 20), st.randoms(use_true_random=False))
def test_units_and_order_of_patients_do_not_matter(seed: int, shift: float, scale: float, chance: Random) -> None:
    """Breaks when the search ends elsewhere for another unit, or for other codes of the same patients."""
    seen = small(seed, patients=30, missing=0.15)
    patients = sorted({one.patient for one in seen})
    renamed = dict(zip(patients, chance.sample(patients, len(patients)), strict=True))
    turned = [replace(one, patient=renamed[one.patient], figure=scale * one.figure + shift) for one in seen]
    chance.shuffle(turned)
    expected = scale * np.array(numbers(fit_study(seen, "placebo")))
    assert numbers(fit_study(turned, "placebo")) == pytest.approx(expected, rel=1e-4, abs=1e-4 * scale)


def test_patients_with_one_visit_are_kept() -> None:
    """Breaks when a patient who missed a visit is dropped, or ends the model in an error."""
    seen = small(2, patients=30)
    holes = [one for one in seen if not (one.patient in {"P-0000", "P-0004"} and one.visit == 2)]
    found = fit_study(holes, "placebo")
    assert (found.patients, found.figures, found.degrees) == (30, 58, 25)
    assert found.convergence == "The model settled."


def test_sites_of_a_patient_are_no_further_patients() -> None:
    """Breaks when copies of each figure at four sites make intervals half as wide."""
    seen = small(3, patients=30, response_sd=8.0)
    rng = np.random.default_rng(0)
    fourfold = [
        replace(one, site=site, figure=one.figure + rng.normal(0, 0.5)) for one in seen for site in ("a", "b", "c", "d")
    ]
    one, four = fit_study(seen, "placebo").contrasts[0], fit_study(fourfold, "placebo").contrasts[0]
    width = one.difference.high - one.difference.low
    assert four.difference.high - four.difference.low == pytest.approx(width, rel=0.03)
    assert four.difference.value == pytest.approx(one.difference.value, abs=0.5)


def test_parts_within_patients_are_found() -> None:
    """Breaks when what sites differ by passes for noise, or patients' answers for either."""
    seen = trial(np.random.default_rng(5), patients=200, sites=3, response_sd=8.0, noise_sd=6.0, missing=0.05)
    found = fit_study(seen, "placebo")
    assert found.variances["residual"] == pytest.approx(36, rel=0.15)
    assert found.variances["site"] == pytest.approx(225, rel=0.25)
    # patients' answers differ by 8 at the second visit alone: half of 64 at each, as the model has it
    assert found.variances["visit"] == pytest.approx(32, rel=0.35)
    assert found.variances["patient"] == pytest.approx(900 + 16, rel=0.3)


def test_patients_trends_are_found() -> None:
    """Breaks when what patients answer by over three visits passes for noise, alike at every visit."""
    seen = trial(np.random.default_rng(6), patients=200, visits=3, response_sd=16.0, noise_sd=6.0, missing=0.05)
    found = fit_study(seen, "placebo")
    assert found.variances["trend"] == pytest.approx(256, rel=0.3)
    assert found.variances["residual"] == pytest.approx(36, rel=0.2)
    early, late = (one.difference for one in found.contrasts[:2])
    assert late.high - late.low > 1.3 * (early.high - early.low)


def test_a_singular_fit_is_answered_by_a_simpler_model_and_says_so() -> None:
    """Breaks when patients who do not differ end the model in an error, or the answer is not marked."""
    rng = np.random.default_rng(1)
    seen = []
    for number in range(30):  # who is high at the first visit is low at the second
        off, arm = rng.normal(0, 8), ("placebo", "prp", "secretome")[number % 3]
        seen += [Seen(f"P-{number}", arm, "vertex", visit, 150 + off * (3 - 2 * visit)) for visit in (1, 2)]
    found = fit_study(seen, "placebo")
    assert found.simpler
    assert found.variances["patient"] == 0.0
    assert "patients differ by no more than chance" in found.convergence
    assert np.isfinite(numbers(found)).all()


def test_a_search_that_does_not_settle_is_answered_by_a_simpler_model_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Breaks when a search that was stopped passes for one that came to rest, or goes on without end."""
    seen = small(8, patients=30, sites=2, response_sd=8.0)
    monkeypatch.setattr(variance_components, "MOST_STEPS", 3)
    found = fit_study(seen, "placebo")
    assert found.simpler
    assert "did not settle" in found.convergence
    assert "sites of a patient and visits of a patient" in found.convergence
    assert np.isfinite(numbers(found)).all()


def test_an_arm_and_a_visit_with_too_few_are_left_out_and_named() -> None:
    """Breaks when one patient of a fourth arm, or at a last visit, takes the whole study's answer away."""
    seen = small(4, visits=3)
    extra = [Seen("Q-1", "fourth", "site 0", visit, 150.0 + visit) for visit in (1, 2)]
    late = [Seen("P-0000", "placebo", "site 0", 9, 151.0)]
    found = fit_study([*seen, *extra, *late], "placebo")
    assert numbers(found) == pytest.approx(numbers(fit_study(seen, "placebo")))
    assert "Arm fourth is left out" in found.notes[0]
    assert "Visit 9 is left out" in found.notes[1]


def test_a_site_that_only_one_arm_has_hides_no_difference_of_change() -> None:
    """Breaks when columns that cannot be told apart end in figures of chance."""
    seen = [replace(one, site="vertex" if one.arm == "prp" else "frontal") for one in small(6)]
    alike = [replace(one, site="vertex") for one in seen]
    assert numbers(fit_study(seen, "placebo")) == pytest.approx(numbers(fit_study(alike, "placebo")))


def test_one_arm_alone_has_changes_and_no_contrasts() -> None:
    """Breaks when an open study of one arm ends in an error."""
    seen = [one for one in small(7, patients=30) if one.arm == "prp"]
    found = fit_study(seen, "prp")
    assert found.contrasts == ()
    assert [(one.arm, one.visit) for one in found.changes] == [("prp", 2)]


@settings(max_examples=40)
@given(st.integers(0, 100_000), st.integers(2, 14), st.integers(1, 3), st.integers(1, 3), st.integers(2, 4))
def test_holes_end_in_an_answer_or_in_a_sentence(seed: int, patients: int, arms: int, sites: int, visits: int) -> None:
    """Breaks when some pattern of missing visits, whole counts or patients alike ends in a traceback or a NaN."""
    rng = np.random.default_rng(seed)
    noise_sd, patient_sd, steps = rng.choice([0.0, 0.5, 8.0]), rng.choice([0.0, 30.0]), rng.choice([1e-6, 1.0, 10.0])
    levels = rng.normal(150, patient_sd, patients)
    seen = [
        Seen(f"P-{patient}", f"arm {patient % arms}", f"site {site}", visit, steps * round(figure / steps))
        for patient in range(patients)
        for site in range(sites)
        for visit in range(visits)
        if rng.random() > 0.25
        for figure in [levels[patient] + rng.normal(0, noise_sd)]
    ]
    try:
        found = fit_study(seen, "arm 0")
    except FiguresUnusable:
        return
    assert np.isfinite(numbers(found)).all()
    assert found.simpler == ("simpler" in found.convergence)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ([], "1 are needed"),
        ([Seen("P-1", "placebo", "vertex", 1, 150.0), Seen("P-1", "placebo", "vertex", 2, 155.0)], "two patients"),
        ([Seen(f"P-{n}", "placebo", "vertex", 1, 150.0 + n) for n in range(9)], "two patients"),
        ([one for one in small() if one.arm != "placebo"], "two patients"),
    ],
)
def test_too_little_is_refused_in_a_sentence(seen: list[Seen], said: str) -> None:
    """Breaks when a model is made of one patient, one visit, or no reference arm."""
    with pytest.raises(FiguresUnusable, match=said):
        fit_study(seen, "placebo")


def test_an_arm_without_a_first_visit_is_too_little() -> None:
    """Breaks when change is reckoned from a visit that an arm never had."""
    seen = [one for one in small(visits=3) if one.arm != "prp" or one.visit > 1]
    with pytest.raises(TooFewFigures, match="the first one among them"):
        fit_study(seen, "placebo")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([Seen("P-0000", "placebo", "site 0", 1, 150.0)], "2 figures were given"),
        ([Seen("P-0000", "prp", "site 0", 7, 150.0)], "in two arms"),
        ([Seen("P-0000", "placebo", "site 0", 7, float("nan"))], "not numbers"),
        ([Seen("", "placebo", "site 0", 7, 150.0)], "code is missing"),
        ([Seen("P-0000", "placebo", "site 0", visit, 150.0) for visit in range(3, 10_000)], "too many"),
        ([Seen(f"Q-{n}", f"arm {n}", "site 0", 1, 150.0) for n in range(10)], "More arms"),
        ([Seen("P-0000", "placebo", f"s{n}", 1, 150.0) for n in range(120)], "too many for one model"),
    ],
)
def test_what_is_no_study_is_refused(more: list[Seen], said: str) -> None:
    """Breaks when figures that are given twice weigh double, or a study too large stops the service."""
    with pytest.raises(FiguresUnusable, match=said):
        fit_study([*small(), *more], "placebo")


def test_figures_that_are_all_alike_are_refused() -> None:
    """Breaks when a constant is modelled."""
    with pytest.raises(FiguresUnusable, match="one number"):
        fit_study([replace(one, figure=150.0) for one in small()], "placebo")
