"""All triggers of one instrument, watched together."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from functools import partial
from types import TracebackType
from typing import Self

from device.triggers.button import watched_button
from device.triggers.foot_switch import watched_foot_switch
from device.triggers.presses import Press, Presses
from device.triggers.settings import Trigger, TriggersSettings


class Triggers:
    """Button and foot switch. Entering the context watches them, leaving it lets go of them.

    Parameters
    ----------
    settings
        The `[triggers]` table; None for an instrument without them, which is a valid one: no press ever comes.
    """

    def __init__(self, settings: TriggersSettings | None) -> None:
        self._settings = settings
        self._presses = Presses(0.0 if settings is None else settings.lock_s)
        self._held = ExitStack()

    @property
    def kinds(self) -> tuple[Trigger, ...]:
        """Which there are."""
        return () if self._settings is None else self._settings.kinds

    def __enter__(self) -> Self:
        """Watch them.

        Raises
        ------
        TriggersUnavailable
            If one is there and cannot be used; then none is watched. A foot switch that is not plugged in is told of by
            :meth:`wait` instead.
        """
        if self._settings is None:
            return self
        with ExitStack() as held:
            if self._settings.button is not None:
                pressed = partial(self._presses.press, Trigger.BUTTON)
                held.enter_context(watched_button(self._settings.button, pressed))
            if self._settings.foot_switch is not None:
                pressed = partial(self._presses.press, Trigger.FOOT_SWITCH)
                held.enter_context(watched_foot_switch(self._settings.foot_switch, pressed, self._presses.report))
            self._held = held.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of them."""
        self._held.close()

    def wait(self, timeout_s: float | None = None) -> Press | None:
        """Wait for the next press that counts; None when none came in time.

        One thread waits, takes the capture, and waits again: presses during the capture do not count, nor do those
        before the first wait. Between two waits of which the first ended without a press, one press is kept.

        Parameters
        ----------
        timeout_s
            The longest wait; None for as long as it takes.

        Raises
        ------
        FootSwitchUnplugged
            Once each time that the foot switch is found missing. Go on waiting: it is heard again when it is back.
        TriggersUnavailable
            Once, if the foot switch was plugged in again and cannot be used.
        """
        return self._presses.wait(timeout_s)

    def dropped(self) -> AbstractContextManager[None]:
        """Return a context in which presses do not count: for a capture that was started otherwise."""
        return self._presses.dropped()
