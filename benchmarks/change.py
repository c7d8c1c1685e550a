"""The same place again, against what is asked of it: places, hairs, figures, trial, mark, guidance, noise floor, cost.

Two parts run at a time, each renews its own section of docs/benchmarks.md; ``--part`` picks some, ``--short`` prints a
tenth of the runs.
"""

from __future__ import annotations

import sys

from benchmarks import (
    change_cost,
    change_figures,
    change_guidance,
    change_mark,
    change_noise,
    change_real,
    change_registration,
    change_trial,
)
from benchmarks.parts import Part, run

PARTS = {
    "places": Part(
        "change-places",
        "Whether two pictures show the same place, and how one lies on the other: drawn pairs, different places, real"
        " scalps cut and turned.",
        50,
        change_registration.rows,
    ),
    "figures": Part(
        "change-figures",
        "Drawn pairs of visits: shifted by up to 30 % of the field, turned by up to 15 degrees, at a scale up to 2 %"
        " off, clipped anew, in other light, 5 to 30 % of the hairs come or gone.",
        100,
        change_figures.rows,
    ),
    "real": Part(
        "change-real",
        "Real scalps of the half that nothing was tuned on, each against itself turned, shifted, rescaled, re-lit,"
        " softened and noised: what is said of them beside 0 is the comparison's own error.",
        100,
        change_real.rows,
    ),
    "trial": Part(
        "change-trial",
        "Simulated trials: +11.5 against +2.8 hairs/cm2, patients of an arm differ by 8; errors are those of drawn"
        " pairs in the same run.",
        40,
        change_trial.rows,
    ),
    "mark": Part(
        "change-mark",
        "Drawn tattooed dots, fresh, faded, smeared and half under hair, on skin I to VI; and what is none.",
        30,
        change_mark.rows,
    ),
    "guidance": Part(
        "change-guidance",
        "Preview frames of a place against its baseline, and of other places.",
        20,
        change_guidance.rows,
    ),
    "noise": Part(
        "change-noise",
        "Simulated repeatability studies whose noise is known, and drawn placements.",
        2000,
        change_noise.rows,
    ),
    "cost": Part("change-cost", "The comparison alone, both pictures measured.", 5, change_cost.rows),
}

if __name__ == "__main__":
    run(PARTS, __doc__, sys.argv[1:])
