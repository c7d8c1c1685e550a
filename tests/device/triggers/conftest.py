"""gpiozero's own mock pins, and a kernel with input devices that can be plugged in and out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import evdev
import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from device.triggers import foot_switch
from tests.device.triggers.input_device import InputDevice, Kernel


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """Pins of a made-up board."""
    factory = MockFactory()
    Device.pin_factory = factory
    yield factory
    factory.close()
    Device.pin_factory = None


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A kernel in place of this machine's, which evdev asks while a test runs; looked into often."""
    made = Kernel(tmp_path / "input")
    monkeypatch.setattr(InputDevice, "kernel", made, raising=False)
    monkeypatch.setattr(evdev, "InputDevice", InputDevice)
    monkeypatch.setattr(foot_switch, "_INPUT_FOLDER", made.folder)
    monkeypatch.setattr(foot_switch, "_LOOK_AGAIN_S", 0.01)
    return made
