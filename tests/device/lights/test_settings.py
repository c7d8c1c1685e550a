"""The `[lights]` table: what it takes and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from device.lights import LightsSettings, Ring


def test_one_ring_is_enough() -> None:
    """An instrument with one ring could not be set up."""
    settings = LightsSettings.model_validate({"parallel": {"pin": 13}})
    assert settings.rings == (Ring.PARALLEL,)
    assert settings.by_ring[Ring.PARALLEL].level == 1.0


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "names no ring"),
        ({"cross": {"pin": 12}, "parallel": {"pin": 12}}, "both rings are on pin 12"),
        ({"cross": {"pin": 28}}, "less than or equal to 27"),
        ({"cross": {"pin": 1}}, "greater than or equal to 2"),
        ({"cross": {"pin": 12, "level": 0}}, "greater than 0"),
        ({"cross": {"pin": 12, "level": 1.2}}, "less than or equal to 1"),
        ({"cross": {"pin": 12, "settle_s": -1}}, "greater than or equal to 0"),
        ({"cross": {"pin": 12}, "frequency_hz": 20_000}, "less than or equal to 10000"),
        ({"cross": {"pin": 12, "colour": "white"}}, "Extra inputs"),
        ({"ultraviolet": {"pin": 12}}, "Extra inputs"),
    ],
)
def test_a_table_that_cannot_work_is_refused(table: dict[str, Any], reason: str) -> None:
    """A mistyped pin or level would show only when a patient sits there."""
    with pytest.raises(ValidationError, match=reason):
        LightsSettings.model_validate(table)


def test_an_instrument_without_lights_and_triggers_needs_no_gpiozero_and_no_evdev() -> None:
    """A machine without pins would have to install what drives them."""
    program = (
        "import sys; sys.modules['gpiozero'] = sys.modules['evdev'] = None\n"
        "from device.lights import open_lights\n"
        "from device.triggers import open_triggers\n"
        "with open_lights(None) as lights, open_triggers(None) as triggers:\n"
        "    assert (lights.rings, triggers.kinds, triggers.wait(0)) == ((), (), None)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
