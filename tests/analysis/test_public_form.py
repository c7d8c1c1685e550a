"""What of the analysis others hold on to: the names of its package, and a measurement's JSON form."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from analysis import Flag
from tests.analysis.test_measure import as_bytes, measured, scalp


def test_the_json_form_is_the_agreed_one() -> None:
    """The contract, the store and the collector read exactly these keys."""
    given = json.loads(as_bytes(measured(scalp())))
    assert list(given) == [
        "um_per_px",
        "picture_px",
        "frame_px",
        "area_cm2",
        "terminal_from_um",
        "hair_mode",
        "hair_density_per_cm2",
        "terminal_density_per_cm2",
        "vellus_density_per_cm2",
        "intermediate_hairs",
        "mean_diameter_um",
        "diameter_spread_um",
        "diameter_diversity",
        "terminal_share",
        "thin_hair_share",
        "unit_density_per_cm2",
        "hairs_per_unit",
        "unit_size_shares",
        "cumulative_thickness_mm_per_cm2",
        "mean_length_mm",
        "shaft_lightness",
        "shaft_contrast",
        "rootless_shafts",
        "missed_expected",
        "missed_expected_sd",
        "hairs",
        "flags",
        "um_per_px_sd",
        "uncounted",
        "uncounted_cells",
        "mark_px",
    ]
    assert given["picture_px"] == [560, 520]
    figures = [value for value in given.values() if isinstance(value, dict)] + given["unit_size_shares"]
    assert len(figures) >= 15
    for figure in figures:
        assert list(figure) == ["value", "low", "high"]
        assert figure["low"] <= figure["value"] <= figure["high"]
    hair = given["hairs"][0]
    assert list(hair) == [
        "root_px",
        "tip_px",
        "diameter_um",
        "diameter_limited",
        "length_mm",
        "kind",
        "probability",
        "unit",
        "diameter_sd_um",
        "core_lab",
        "course_px",
    ]
    assert len(hair["course_px"]) == 5
    assert (hair["course_px"][0], hair["course_px"][-1]) == (hair["root_px"], hair["tip_px"])
    assert given["flags"] == sorted(given["flags"])
    assert set(given["flags"]) <= {str(flag) for flag in Flag}


def test_the_types_need_no_opencv() -> None:
    """The clinic's service reads figures on a machine without OpenCV."""
    program = (
        "import sys; sys.modules['cv2'] = None; from analysis import Interval, Measurement, Flag; print(Flag.GLARE)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "glare"), done.stderr


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    """Lazy names must not turn a misspelling into something else."""
    import analysis  # noqa: PLC0415

    with pytest.raises(AttributeError, match="measures"):
        analysis.measures  # noqa: B018
