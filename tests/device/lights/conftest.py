"""gpiozero's own mock pins, which lights run on in these tests; everything above them is the real gpiozero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin


@pytest.fixture
def pins() -> Iterator[Any]:
    """Pins of a made-up board, pulse-width modulation among their abilities."""
    factory = MockFactory(pin_class=MockPWMPin)
    Device.pin_factory = factory
    yield factory
    factory.close()
    Device.pin_factory = None
