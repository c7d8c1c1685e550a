"""The `[triggers]` table: what it takes and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from device.triggers import Trigger, TriggersSettings

PEDAL = {"name": "Pedal", "key": "KEY_B"}


def test_one_trigger_is_enough() -> None:
    """An instrument with a pedal alone could not be set up."""
    assert TriggersSettings.model_validate({"foot_switch": PEDAL}).kinds == (Trigger.FOOT_SWITCH,)
    both = TriggersSettings.model_validate({"button": {"pin": 17}, "foot_switch": PEDAL})
    assert both.kinds == (Trigger.BUTTON, Trigger.FOOT_SWITCH)
    assert both.lock_s == 1.0


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({}, "names no trigger"),
        ({"button": {"pin": 40}}, "less than or equal to 27"),
        ({"button": {"pin": 17, "bounce_s": 5}}, "less than or equal to 0.5"),
        ({"foot_switch": {"key": "KEY_B"}}, "by its path or by its name"),
        ({"foot_switch": PEDAL | {"path": "/dev/input/event3"}}, "by its path or by its name"),
        ({"foot_switch": {"name": "Pedal", "key": "b"}}, "should match pattern"),
        ({"foot_switch": {"name": "Pedal"}}, "Field required"),
        ({"knee_switch": PEDAL}, "Extra inputs"),
    ],
)
def test_a_table_that_cannot_work_is_refused(table: dict[str, Any], reason: str) -> None:
    """A mistyped table would show only when the foot presses in vain."""
    with pytest.raises(ValidationError, match=reason):
        TriggersSettings.model_validate(table)
