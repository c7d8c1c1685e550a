"""A study's plan: what hangs together is taken, everything else refused in a sentence."""

from pathlib import Path
from typing import Any

import pytest

from collector.studies.plan import PlanRefused, plan_of, read_plan
from tests.collector.studies.examples import plan

PLAN_FILE = """
study_code = "HAIR-2026"
title = "Secretome against platelets"
sites = ["vertex", "g120-l35"]
visits = [1, 2, 4]
baseline = 1
end_point = 4
reference = "P"

[[arms]]
code = "P"
title = "Placebo"

[[arms]]
code = "S"
title = "Secretome"
"""


def test_a_plan_is_read_from_its_file(tmp_path: Path) -> None:
    """Breaks when a field of the file is lost, or figure, donor control or kind of instrument have other defaults."""
    file = tmp_path / "plan.toml"
    file.write_text(PLAN_FILE)
    read = read_plan(file)
    assert (read.visits, read.baseline, read.end_point) == ((1, 2, 4), 1, 4)
    assert read.all_sites == ("vertex", "g120-l35", "occipital")
    assert read.arm_codes == ("P", "S")
    assert (read.figure, read.simulated) == ("hair_density_per_cm2", False)


def test_a_fault_in_the_file_is_named_with_its_line(tmp_path: Path) -> None:
    """Breaks when somebody with a wrong plan is not told where it is wrong."""
    file = tmp_path / "plan.toml"
    file.write_text(
        PLAN_FILE.replace("visits = [1, 2, 4]", 'visits = "all"').replace('reference = "P"', 'compare = "P"')
    )
    with pytest.raises(PlanRefused) as refused:
        read_plan(file)
    said = str(refused.value)
    assert "line 5: key 'visits'" in said
    assert "line 8: unknown key 'compare'" in said
    assert "'reference' is missing" in said


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"baseline": 2, "end_point": 1}, "baseline"),
        ({"end_point": 3}, "end_point"),
        ({"visits": (2, 1)}, "in order"),
        ({"sites": ("vertex", "vertex")}, "sites: one is named twice"),
        ({"donor": "vertex"}, "donor control is among the treated sites"),
        ({"reference": "X"}, "reference is none of the arms"),
        ({"figure": "hairs"}, "figure is none of"),
        ({"arms": ({"code": "P", "title": "Placebo"},)}, "two arms"),
        ({"arms": ({"code": "P", "title": "A"}, {"code": "P", "title": "B"})}, "arms: one is named twice"),
        ({"study_code": "hair"}, "capital letters"),
        ({"sites": ("crown",)}, "treated sites"),
        ({"visits": (1,)}, "two visit numbers"),
    ],
)
def test_what_does_not_hang_together_is_refused(changes: dict[str, Any], about: str) -> None:
    """Breaks when a plan is kept by which no study can be read."""
    with pytest.raises(PlanRefused, match=about):
        plan_of(plan().model_dump() | changes)


def test_a_refusal_repeats_nothing_that_was_typed() -> None:
    """Breaks when what somebody typed by mistake, a name say, comes back on a page or in a log."""
    with pytest.raises(PlanRefused) as refused:
        plan_of(plan().model_dump() | {"study_code": "Mrs Miller", "sites": ("Miller",), "reference": "Miller!"})
    assert "Miller" not in str(refused.value)
