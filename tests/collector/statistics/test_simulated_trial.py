"""The simulated trial: three arms, 200 patients, two visits; intervals hold what was planted as often as they say."""

import numpy as np
import pytest

from collector.statistics.arms import ArmDifference, compare_arms
from collector.statistics.mixed_model import ArmContrast, fit_study
from tests.collector.statistics.coverage import as_often_as_stated
from tests.collector.statistics.trials import PLANTED, ends, trial

MORE = {arm: PLANTED[arm] - PLANTED["placebo"] for arm in ("prp", "secretome")}
NOISES_PER_CM2 = (6.0, 8.0, 10.0)


class Held:
    """How often intervals held what was planted, and by how much values were off."""

    def __init__(self) -> None:
        self.held = 0
        self.off: list[float] = []

    def look(self, difference: ArmDifference | ArmContrast) -> None:
        """Take one answer."""
        self.held += MORE[difference.arm] in difference.difference
        self.off.append(difference.difference.value - MORE[difference.arm])

    @property
    def bias_in_errors(self) -> float:
        """The mean error over its own standard error."""
        return float(np.mean(self.off) / (np.std(self.off) / np.sqrt(len(self.off))))


def test_arms_compared_by_change_hold_what_was_planted() -> None:
    """Breaks when an interval of Welch or of the adjusted difference is too narrow, too wide, or beside the truth."""
    rng = np.random.default_rng(1908)
    welch, adjusted = {arm: Held() for arm in MORE}, {arm: Held() for arm in MORE}
    changes = 0
    for number in range(400):
        compared = compare_arms(ends(trial(rng, noise_sd=NOISES_PER_CM2[number % 3], response_sd=4.0)), "placebo")
        for one, other in zip(compared.differences, compared.adjusted, strict=True):
            welch[one.arm].look(one)
            adjusted[other.arm].look(other)
        change = compared.arms[2].change.interval
        assert change is not None
        changes += PLANTED["secretome"] in change
    for arm in MORE:
        assert as_often_as_stated(welch[arm].held, 400)
        assert as_often_as_stated(adjusted[arm].held, 400)
        assert abs(welch[arm].bias_in_errors) < 3.3
        assert abs(adjusted[arm].bias_in_errors) < 3.3
    assert as_often_as_stated(changes, 400)


@pytest.mark.parametrize(
    ("patients", "visits", "sites", "response_sd", "trials"),
    [(200, 2, 1, 4.0, 15), (30, 2, 1, 4.0, 100), (24, 2, 2, 8.0, 40), (30, 3, 1, 8.0, 40)],
    ids=["three-arms-of-67", "three-arms-of-10", "two-sites-each", "three-visits"],
)
def test_the_mixed_models_contrasts_hold_what_was_planted(
    patients: int, visits: int, sites: int, response_sd: float, trials: int
) -> None:
    """Breaks when drop-outs bias a contrast, or its interval leaves out what patients answer by."""
    rng = np.random.default_rng(2026 + patients + visits)
    found = {arm: Held() for arm in MORE}
    for number in range(trials):
        seen = trial(
            rng,
            patients=patients,
            visits=visits,
            sites=sites,
            response_sd=response_sd,
            noise_sd=NOISES_PER_CM2[number % 3],
            missing=0.15,
        )
        for one in fit_study(seen, "placebo").contrasts:
            if one.visit == visits:
                found[one.arm].look(one)
    for of_arm in found.values():
        assert as_often_as_stated(of_arm.held, trials)
        assert abs(of_arm.bias_in_errors) < 3.3


def test_the_trial_tells_the_arms_apart() -> None:
    """Breaks when 200 patients do not show a difference of 8.7 hairs/cm2 that four standard errors make plain."""
    seen = trial(np.random.default_rng(60), noise_sd=8.0, response_sd=4.0, missing=0.1)
    compared, modelled = compare_arms(ends(seen), "placebo"), fit_study(seen, "placebo")
    for one in (compared.differences[1], compared.adjusted[1], modelled.contrasts[1]):
        assert one.arm == "secretome"
        assert one.difference.low > 0
        assert one.p < 0.01
