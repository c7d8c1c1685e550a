"""The rings on gpiozero's mock pins: at most one lit, none once the context is left, however it is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest
from gpiozero import LED, Device
from gpiozero.pins.mock import MockFactory

from device.lights import (
    LightsClosed,
    LightsFailed,
    LightsSettings,
    LightsUnavailable,
    Ring,
    RingMissing,
    open_lights,
)

BOTH = LightsSettings.model_validate(
    {
        "frequency_hz": 4000,
        "cross": {"pin": 12, "level": 0.75, "settle_s": 0},
        "parallel": {"pin": 13, "level": 0.5, "settle_s": 0},
    }
)


def states(pins: MockFactory, pin: int) -> list[float]:
    """The levels that a pin went through."""
    return [moment.state for moment in pins.pin(pin).states]


def is_dark(pins: MockFactory, pin: int) -> bool:
    """Whether a pin drives nothing."""
    return bool(pins.pin(pin).function == "input" or pins.pin(pin).state == 0)


def test_a_ring_is_lit_at_its_level_and_frequency(pins: MockFactory) -> None:
    """Exposures would not be those of the calibration, or a slow pulse would band the picture."""
    with open_lights(BOTH) as lights:
        assert lights.rings == (Ring.CROSS, Ring.PARALLEL)
        assert pins.pin(12).frequency == 4000
        lights.on(Ring.CROSS)
        assert (pins.pin(12).state, pins.pin(13).state) == (0.75, 0)
        assert lights.lit_ring is Ring.CROSS


def test_a_ring_at_full_level_is_not_pulsed(pins: MockFactory) -> None:
    """Pulses that software times would make bands where a steady light makes none."""
    full = LightsSettings.model_validate({"cross": {"pin": 12, "level": 1.0, "settle_s": 0}})
    with open_lights(full) as lights:
        assert pins.pin(12).frequency is None
        lights.on(Ring.CROSS)
        assert pins.pin(12).state == 1
        lights.off()
        assert pins.pin(12).state == 0


def test_the_other_ring_goes_dark_first(pins: MockFactory) -> None:
    """A picture under both rings at once would show gloss that its record does not know of."""
    with open_lights(BOTH) as lights:
        lights.on(Ring.CROSS)
        lights.on(Ring.PARALLEL)
        assert (pins.pin(12).state, pins.pin(13).state) == (0, 0.5)
        dark_at = pins.pin(12)._last_change  # the pin gives times only as differences
        lit_at = pins.pin(13)._last_change
        assert dark_at <= lit_at


def test_opening_leaves_the_rings_dark(pins: MockFactory) -> None:
    """A patient would be dazzled when the program starts."""
    with open_lights(BOTH) as lights:
        assert states(pins, 12) == [0]
        assert lights.lit_ring is None


def test_the_light_settles_before_it_is_used(pins: MockFactory) -> None:
    """Stills would be taken while the light still rises. A ring that is lit already is not waited for again."""
    slow = BOTH.model_copy(update={"cross": BOTH.cross and BOTH.cross.model_copy(update={"settle_s": 0.1})})
    with open_lights(slow) as lights:
        began_s = time.monotonic()
        lights.on(Ring.CROSS)
        assert pins.pin(12).state == 0.75
        settled_s = time.monotonic()
        assert settled_s - began_s >= 0.1
        lights.on(Ring.CROSS)
        assert time.monotonic() - settled_s < 0.1


def test_leaving_darkens_and_frees_the_pins(pins: MockFactory) -> None:
    """LEDs would stay lit, or the pins taken, after the program is done with them."""
    with open_lights(BOTH) as lights:
        lights.on(Ring.PARALLEL)
    assert states(pins, 13) == [0, 0.5, 0]
    assert is_dark(pins, 12)
    assert is_dark(pins, 13)
    with LED(12), LED(13):
        pass


def test_an_error_leaves_the_rings_dark(pins: MockFactory) -> None:
    """An aborted calibration would leave the lights on."""
    with pytest.raises(ZeroDivisionError), open_lights(BOTH) as lights, lights.lit(Ring.CROSS):
        raise ZeroDivisionError
    assert is_dark(pins, 12)


def test_a_capture_gives_the_light_back_as_it_was(pins: MockFactory) -> None:
    """The preview would go dark with every still; after an error, though, nothing may stay lit."""
    with open_lights(BOTH) as lights:
        with lights.lit(Ring.CROSS):
            with lights.lit(Ring.PARALLEL):
                assert (pins.pin(12).state, pins.pin(13).state) == (0, 0.5)
            assert (pins.pin(12).state, pins.pin(13).state) == (0.75, 0)
            with lights.lit(None):
                assert (pins.pin(12).state, pins.pin(13).state) == (0, 0)
            assert (pins.pin(12).state, pins.pin(13).state) == (0.75, 0)
        assert (pins.pin(12).state, pins.pin(13).state) == (0, 0)
        lights.on(Ring.CROSS)
        with pytest.raises(ZeroDivisionError), lights.lit(Ring.PARALLEL):
            raise ZeroDivisionError
        assert (pins.pin(12).state, pins.pin(13).state) == (0, 0)


def test_a_machine_without_lights_is_a_valid_one() -> None:
    """An instrument with a light of its own could not be used. It needs no pins and no gpiozero for that."""
    with open_lights(None) as lights:
        assert lights.rings == ()
        lights.off()
        with lights.lit(None):
            assert lights.lit_ring is None
        with pytest.raises(
            RingMissing, match=r"no cross-polarised light: its settings name none\. Add \[lights\.cross\]"
        ):
            lights.on(Ring.CROSS)


def test_a_ring_that_is_not_there_is_told(pins: MockFactory) -> None:
    """A picture would be taken in the dark, or under the other light."""
    only_cross = LightsSettings.model_validate({"cross": {"pin": 12}})
    with (
        open_lights(only_cross) as lights,
        pytest.raises(RingMissing, match="settings name cross"),
        lights.lit(Ring.PARALLEL),
    ):
        pytest.fail("no such light")
    assert states(pins, 12) == [0]


def test_lights_that_are_not_open_light_nothing(pins: MockFactory) -> None:
    """Pins would be driven that nobody darkens again."""
    lights = open_lights(BOTH)
    with pytest.raises(LightsClosed, match="not open"):
        lights.on(Ring.CROSS)
    with lights:
        lights.on(Ring.CROSS)
    with pytest.raises(LightsClosed, match="not open"):
        lights.on(Ring.CROSS)
    assert is_dark(pins, 12)


def test_lights_can_be_opened_again(pins: MockFactory) -> None:
    """A second calibration in one program would need the program to be started anew."""
    lights = open_lights(BOTH)
    for _ in range(2):
        with lights:
            lights.on(Ring.PARALLEL)
    assert states(pins, 13) == [0, 0.5, 0, 0.5, 0]


def test_a_pin_in_use_is_named(pins: MockFactory) -> None:
    """The technician would see gpiozero's words instead of what to do; the first ring's pin must be free again."""
    with (
        LED(13),
        pytest.raises(
            LightsUnavailable,
            match=r"Pin 13 cannot drive the parallel-polarised light .*\. Stop what else uses the pin",
        ),
        open_lights(BOTH),
    ):
        pytest.fail("the pin is taken")
    with LED(12):
        assert is_dark(pins, 13)


def test_pins_without_pulses_are_named() -> None:
    """A ring would be driven by on and off alone, at full power."""
    Device.pin_factory = MockFactory()  # pins of this kind have no pulse-width modulation
    try:
        with pytest.raises(LightsUnavailable, match="Pin 12 cannot drive"), open_lights(BOTH):
            pytest.fail("no pulses to be had")
    finally:
        Device.pin_factory.close()
        Device.pin_factory = None


def test_another_pin_library_is_never_fallen_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulses would be timed by another library than the one they were calibrated with."""
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setattr(Device, "pin_factory", None)  # whatever ran before
    monkeypatch.setitem(sys.modules, "lgpio", None)  # as where it is not installed
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as outside of tests, where a warning is no error
        with pytest.raises(LightsUnavailable, match=r"lgpio.*install python3-lgpio"), open_lights(BOTH):
            pytest.fail("no pins to be had")
    assert Device.pin_factory is None


def test_a_ring_that_fails_darkens_all(pins: MockFactory) -> None:
    """A ring would stay lit because the other one's pin has failed."""
    with open_lights(BOTH) as lights:
        lights.on(Ring.CROSS)
        pins.pin(13)._function = "input"  # as if another program had taken the pin
        with pytest.raises(LightsFailed, match="parallel-polarised light does not switch"):
            lights.on(Ring.PARALLEL)
        assert pins.pin(12).state == 0
        assert lights.lit_ring is None
        pins.pin(13)._function = "output"


def test_another_thread_may_darken(pins: MockFactory) -> None:
    """The page's abort would have to wait for the thread that lit the ring."""
    with open_lights(BOTH) as lights:
        lights.on(Ring.CROSS)
        other = threading.Thread(target=lights.off)
        other.start()
        other.join()
        assert pins.pin(12).state == 0


def test_signal_handlers_are_as_before_after_leaving(pins: MockFactory) -> None:
    """A program's own handling of signals would be replaced for good, or at all."""
    assert pins.pins == {}
    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with open_lights(BOTH):
            assert signal.getsignal(signal.SIGTERM) not in {signal.SIG_DFL, None}
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with open_lights(BOTH):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


PROGRAM = """
import atexit, signal, sys, time
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin
from device.lights import LightsSettings, Ring, open_lights

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would pass over Ctrl-C
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and what nohup starts over a closed terminal
pins = Device.pin_factory = MockFactory(pin_class=MockPWMPin)
pin = pins.pin(12)
atexit.register(lambda: print([float(moment.state) for moment in pin.states], pin.function, flush=True))
with open_lights(LightsSettings.model_validate({"cross": {"pin": 12, "settle_s": 0}})) as lights:
    lights.on(Ring.CROSS)
    print("lit", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_rings_dark(number: signal.Signals) -> None:
    """Stopping the program, closing its terminal or Ctrl-C would leave the LEDs on."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "lit\n"
            program.send_signal(number)
            assert program.stdout.readline() == "[0.0, 1.0, 0.0] input\n"
            assert program.wait(10) != 0
        finally:
            program.kill()
