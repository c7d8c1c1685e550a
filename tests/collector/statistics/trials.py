"""Simulated trials: three arms whose changes are planted, patients who differ, noise, drop-outs."""

from collections.abc import Mapping, Sequence

import numpy as np

from collector.statistics.arms import BeforeAfter
from collector.statistics.mixed_model import Seen

PLANTED: Mapping[str, float] = {"placebo": 2.8, "prp": 8.9, "secretome": 11.5}
"""Change of density at 6 months, hairs/cm2, of the trials the instrument is for."""

MIDDLE_PER_CM2, PATIENT_SD_PER_CM2 = 150.0, 30.0


def trial(
    rng: np.random.Generator,
    *,
    patients: int = 200,
    visits: int = 2,
    sites: int = 1,
    noise_sd: float = 8.0,
    patient_sd: float = PATIENT_SD_PER_CM2,
    response_sd: float = 0.0,
    missing: float = 0.1,
) -> list[Seen]:
    """Simulate a trial's figures.

    Parameters
    ----------
    noise_sd
        Of one figure.
    response_sd
        By how much patients of one arm differ in their change; shared by a patient's sites.
    missing
        Share of patients who lack the last visit (more often those who began low), and of other figures that are not
        there a quarter as often.
    """
    figures = []
    for number in range(patients):
        arm = list(PLANTED)[number % len(PLANTED)]
        level, response = rng.normal(0, patient_sd), rng.normal(0, response_sd)
        leaves = rng.random() < missing * (1.5 if level < 0 else 0.5)
        for site in range(sites):
            of_site = rng.normal(0, 15.0) if sites > 1 else 0.0
            for visit in range(visits):
                figure = MIDDLE_PER_CM2 + level + of_site + rng.normal(0, noise_sd)
                figure += (PLANTED[arm] + response) * visit / (visits - 1)
                if (leaves and visit == visits - 1) or rng.random() < missing / 4:
                    continue
                figures.append(Seen(f"P-{number:04}", arm, f"site {site}", visit + 1, figure))
    return figures


def ends(figures: Sequence[Seen]) -> list[BeforeAfter]:
    """Pair the first visit with the last, where a site has both."""
    last = max(one.visit for one in figures)
    of_last = {(one.patient, one.site): one.figure for one in figures if one.visit == last}
    return [
        BeforeAfter(one.patient, one.arm, one.site, one.figure, of_last[one.patient, one.site])
        for one in figures
        if one.visit == 1 and (one.patient, one.site) in of_last
    ]
