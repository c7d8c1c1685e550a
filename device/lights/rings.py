"""The LED rings: at most one lit, and none once their context is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

from device.lights.errors import LightsClosed, LightsFailed, LightsUnavailable, RingMissing
from device.lights.flicker import whole_periods_us
from device.lights.leaving import signals_leave_contexts
from device.lights.settings import LightsSettings, Ring, RingSettings
from device.pins import PinsUnavailable, pin_factory


class Lights:
    """The rings of one instrument. Entering the context takes their pins, dark; leaving it darkens and frees them.

    It is left by an error, by SIGINT, and by SIGTERM and SIGHUP where the program does not handle these itself. A
    program that is killed outright (SIGKILL) darkens nothing.

    Parameters
    ----------
    settings
        The `[lights]` table; None for an instrument that drives no lights, which is a valid one.
    """

    def __init__(self, settings: LightsSettings | None) -> None:
        self._settings = settings
        self._by_ring: dict[Ring, RingSettings] = {} if settings is None else settings.by_ring
        self._leds: dict[Ring, Any] = {}
        self._lit: Ring | None = None
        self._switching = threading.Lock()
        self._held = ExitStack()

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The rings that are there; none on an instrument that drives no lights."""
        return tuple(self._by_ring)

    @property
    def lit_ring(self) -> Ring | None:
        """The ring that is lit."""
        return self._lit

    def without_bands_us(self, ring: Ring | None, exposure_us: int) -> int:
        """Give the exposure nearest to one asked for in which a ring's pulses leave no bands: see `LightsSettings`."""
        settings = None if ring is None else self._by_ring.get(ring)
        if self._settings is None or settings is None or settings.level == 1:
            return exposure_us
        return whole_periods_us(exposure_us, self._settings.frequency_hz)

    def __enter__(self) -> Self:
        """Take the pins.

        Raises
        ------
        LightsUnavailable
            If one cannot be had; then none is kept.
        """
        if self._settings is None:
            return self
        with ExitStack() as held:
            held.enter_context(signals_leave_contexts())
            try:
                factory = pin_factory()
            except PinsUnavailable as error:
                raise LightsUnavailable(error.cause, error.cure) from error
            leds = {ring: self._take(ring, self._settings.frequency_hz, factory, held) for ring in self._by_ring}
            self._leds = leds
            self._held = held.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Darken every ring and free its pin."""
        with self._switching:
            self._leds, self._lit = {}, None
            self._held.close()

    def on(self, ring: Ring) -> None:
        """Light a ring at its level, the other being switched off first, and wait until its light has settled.

        Raises
        ------
        RingMissing
            If the settings do not name it.
        LightsClosed
            If the lights are not open.
        LightsFailed
            If a pin does not do as told; all are told to be dark then.
        """
        if ring not in self._by_ring:
            raise RingMissing(
                f"The instrument has no {ring.value}-polarised light: its settings name {self._named()}",
                f"Add [lights.{ring.value}] to the settings if the ring is there, or ask for another light",
            )
        with self._switching:
            led = self._leds.get(ring)
            if led is None:
                raise LightsClosed("The lights are not open", "Ask for a ring only between opening and closing them")
            if self._lit is ring:
                return
            self._darken()
            try:
                led.value = self._by_ring[ring].level
            except Exception as error:  # lgpio's own error class is there only where lgpio is
                self._darken()
                raise _failed(ring, error) from error
            self._lit = ring
        time.sleep(self._by_ring[ring].settle_s)

    def off(self) -> None:
        """Darken every ring.

        Raises
        ------
        LightsFailed
            If a pin does not do as told; the others are dark then.
        """
        with self._switching:
            self._darken()

    @contextmanager
    def lit(self, ring: Ring | None) -> Iterator[None]:
        """Light a ring for a capture; after it the light is as before, and after an error all is dark.

        Parameters
        ----------
        ring
            Which; None for a capture with none of them.
        """
        before = self._lit
        try:
            self._turn_to(ring)
            yield
        except BaseException:
            self.off()
            raise
        self._turn_to(before)

    def _turn_to(self, ring: Ring | None) -> None:
        if ring is None:
            self.off()
        else:
            self.on(ring)

    def _take(self, ring: Ring, frequency_hz: int, factory: Any, held: ExitStack) -> Any:  # noqa: ANN401  gpiozero has no types
        from gpiozero import PWMLED  # noqa: PLC0415  imported only where lights are driven

        pin = self._by_ring[ring].pin
        # without a frequency the pin is an ordinary output, which has no pulses that could be late
        pulsed = self._by_ring[ring].level < 1
        try:
            led = PWMLED(pin, frequency=frequency_hz if pulsed else None, pin_factory=factory)
        except Exception as error:  # lgpio's own error class is there only where lgpio is
            raise LightsUnavailable(
                f"Pin {pin} cannot drive the {ring.value}-polarised light ({error})",
                f"Stop what else uses the pin, or name the right one under [lights.{ring.value}]",
            ) from error
        held.callback(led.close)
        held.callback(led.off)
        return led

    def _darken(self) -> None:
        self._lit = None
        failed: LightsFailed | None = None
        for ring, led in self._leds.items():
            try:
                led.off()
            except Exception as error:  # noqa: BLE001  the other ring has to be darkened all the same
                failed = _failed(ring, error)
        if failed is not None:
            raise failed

    def _named(self) -> str:
        return " and ".join(ring.value for ring in self._by_ring) or "none"


def _failed(ring: Ring, error: Exception) -> LightsFailed:
    return LightsFailed(
        f"The {ring.value}-polarised light does not switch ({error})",
        "Switch the instrument off and on; if that does not help, look at the ring's cable",
    )
