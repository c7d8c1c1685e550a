"""The live picture for the page: each preview frame once read, guided and encoded, for all who watch.

The camera runs, and its light is lit, only while somebody watches. One that failed is tried again meanwhile, too: each
screen says how it stands.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from device.backoff import waiting_times_s
from device.camera import CameraError, CameraTimeout, Frame, HeldTo
from device.camera.live import LivePreview, Watch
from device.camera.recovery import RecoveringCamera
from device.chair.live_frame import LiveFrame
from device.chair.looking import Looking
from device.chair.standing_light import StandingLight
from device.guidance import GuidedAim
from device.hardware_error import HardwareError
from device.instrument import Instrument
from device.quality.meters import Meters

__all__ = ["LiveFailed", "LiveFrame", "LiveState", "LiveStream"]

_log = logging.getLogger(__name__)

GRACE_S = 4.0
"""From the last watcher's leaving until camera and light rest: a page that is loaded anew finds them running."""

_LOOK_EVERY_S = 0.5
_LONGEST_PAUSE_S = 30.0
_TOLD_AFTER_S = 3.0
"""Without a frame, and without an error of the camera, so long is no trouble yet."""


class LiveFailed(HardwareError):
    """The live picture failed in a way that nobody foresaw."""


@dataclass(frozen=True, eq=False)
class LiveState:
    """How the live picture stands.

    Parameters
    ----------
    frame
        The newest of what the camera is held to; None before the first.
    trouble
        Why there is no newer one, or no light on it; None while all is well.
    """

    frame: LiveFrame | None
    trouble: HardwareError | None


@dataclass(frozen=True, eq=False)
class _HeldTo:
    """What the camera is held to, and by whose screen; a new one for each time that it is aimed anew."""

    aim: HeldTo | None
    by: object | None = None
    session_id: str | None = None


class LiveStream:
    """The newest live frame of an instrument, for as long as its context lasts.

    Parameters
    ----------
    instrument
        Open.
    grace_s
        How long camera and light stay on after the last watcher.
    """

    def __init__(self, instrument: Instrument, *, grace_s: float = GRACE_S) -> None:
        self._instrument = instrument
        self._grace_s = grace_s
        self._light = StandingLight(instrument.lights, instrument.settings.capture.light)
        self._looking = Looking()
        self._changed = threading.Condition()
        self._state = LiveState(None, None)
        self._held_to = _HeldTo(None)
        self._guided: GuidedAim | None = None
        self._frames = 0
        self._watchers: dict[object, Callable[[], None]] = {}
        self._left_s = float("-inf")
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="live stream", daemon=True)

    def __enter__(self) -> Self:
        """Be ready to stream; the camera runs from the first watcher on."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End, and darken the light."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join()

    @property
    def aim(self) -> HeldTo | None:
        """What the camera is held to, as long as somebody watches: a press at the instrument counts for that."""
        with self._changed:
            return self._held_to.aim if self._is_shown() else None

    @property
    def shown_to(self) -> str | None:
        """Whose screen the camera was aimed by: the id of its session, None where nobody's is any more."""
        with self._changed:
            return self._held_to.session_id if self._is_shown() else None

    def _is_shown(self) -> bool:
        by = self._held_to.by
        return bool(self._watchers) if by is None else by in self._watchers

    @property
    def state(self) -> LiveState:
        """How the live picture stands now."""
        with self._changed:
            return self._state

    @property
    def watcher_count(self) -> int:
        """How many watch."""
        with self._changed:
            return len(self._watchers)

    def aim_at(
        self,
        aim: HeldTo | None,
        guided: GuidedAim | None = None,
        *,
        by: object | None = None,
        session_id: str | None = None,
    ) -> None:
        """Hold the camera to something else: peak, trend and guidance begin anew.

        Parameters
        ----------
        aim, guided
            What it is held to, and what is known of the way there.
        by, session_id
            The watcher that shows it, as :meth:`watch` gave it, and its session: the aim ends with that watcher.
        """
        with self._changed:
            self._held_to, self._guided = _HeldTo(aim, by, session_id), guided
            self._state = LiveState(None, self._state.trouble)

    def guide(self, aim: HeldTo, guided: GuidedAim) -> None:
        """Guide to a baseline that was found meanwhile, unless the camera is held to something else by now."""
        with self._changed:
            if self._held_to.aim == aim:
                self._guided = guided

    def guided(self, aim: HeldTo) -> GuidedAim | None:
        """Return what the frames of that aim are guided by; None while that is not known, or for another aim."""
        with self._changed:
            return self._guided if self._held_to.aim == aim else None

    def leave_light_to(self, others: Callable[[], bool]) -> None:
        """Say who else needs the lights: while they do nothing is switched, and the camera goes on being held ready."""
        self._light.in_use = others

    @contextmanager
    def watch(self, changed: Callable[[], None]) -> Iterator[object]:
        """Watch: the camera runs, and at each change of `state` the watcher is told. Gives what names the watcher.

        Parameters
        ----------
        changed
            Called on the stream's thread; it must return at once.
        """
        watcher = object()
        with self._changed:
            self._watchers[watcher] = changed
            self._changed.notify_all()
        try:
            yield watcher
        finally:
            with self._changed:
                del self._watchers[watcher]
                self._left_s = time.monotonic()
                if self._held_to.by is watcher:
                    self._held_to, self._guided = _HeldTo(None), None

    def _run(self) -> None:
        pauses_s, logged = waiting_times_s(_LOOK_EVERY_S, _LONGEST_PAUSE_S), ""
        while not self._ending:
            began_s = time.monotonic()
            try:
                self._stream_or_rest()
            except Exception as error:  # noqa: BLE001  whatever it is, the next watcher can watch
                if time.monotonic() - began_s > _LONGEST_PAUSE_S:  # it went well in between
                    pauses_s, logged = waiting_times_s(_LOOK_EVERY_S, _LONGEST_PAUSE_S), ""
                if (failure := repr(error)) != logged:
                    logged = failure
                    _log.exception("The live picture failed in a way that nobody foresaw, and begins anew.")
                self._tell(LiveFailed("The live picture failed", "Restart the instrument's service if it stays so"))
                with self._changed:
                    self._changed.wait_for(lambda: self._ending, next(pauses_s))

    def _stream_or_rest(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ending or self._watchers, _LOOK_EVERY_S)
            ending, watched = self._ending, bool(self._watchers)
        if ending:
            return
        if watched:
            self._stream_while_watched()
        elif isinstance(camera := self._instrument.camera, RecoveringCamera):
            camera.try_if_due()

    def _stream_while_watched(self) -> None:
        camera, held_to = self._instrument.camera, self._held_to
        frame_s = time.monotonic()
        try:
            with LivePreview(camera, held_to.aim) as preview, preview.watch() as watch, self._looking:
                read: _Read | None = None
                while self._wanted():
                    self._light.keep()
                    with self._changed:
                        held_to = self._held_to
                    preview.aim = held_to.aim
                    frame = self._next(watch, time.monotonic() - frame_s)
                    if frame is None or frame.aim != held_to.aim:
                        continue
                    frame_s = time.monotonic()
                    if read is None or not read.fits(frame, held_to):
                        read = _Read(self._instrument, frame, held_to)
                    self._show(frame, read)
        finally:
            self._light.darken()
            with self._changed:
                self._state = LiveState(None, None)

    def _wanted(self) -> bool:
        with self._changed:
            watched = bool(self._watchers) or time.monotonic() - self._left_s < self._grace_s
            return not self._ending and (watched or self._light.in_use())

    def _next(self, watch: Watch, since_the_last_s: float) -> Frame | None:
        try:
            return watch.next(_LOOK_EVERY_S)
        except CameraTimeout as error:
            if since_the_last_s > _TOLD_AFTER_S:
                self._tell(error)
        except CameraError as error:
            self._tell(error)
        return None

    def _show(self, frame: Frame, read: _Read) -> None:
        reading = read.meters.read(frame.picture)
        with self._changed:
            guided = self._guided if self._held_to is read.held_to else None
        guidance = None if guided is None else self._looking.look(frame.picture, read.um_per_px, guided)
        began_ns = frame.metadata.sensor_timestamp_ns
        taken_s = time.clock_gettime(time.CLOCK_BOOTTIME) if began_ns is None else began_ns / 1e9
        with self._changed:
            if self._held_to is not read.held_to:
                return
            self._frames += 1
            shown = LiveFrame(self._frames, taken_s, frame.picture, read.um_per_px, reading, guidance, read.held_to.aim)
            self._state = LiveState(shown, self._light.trouble)
            watchers = tuple(self._watchers.values())
        _tell_all(watchers)

    def _tell(self, trouble: HardwareError) -> None:
        with self._changed:
            self._state = LiveState(self._state.frame, trouble)
            watchers = tuple(self._watchers.values())
        _tell_all(watchers)


class _Read:
    """How the frames of one aim and one size are read."""

    def __init__(self, instrument: Instrument, first: Frame, held_to: _HeldTo) -> None:
        self.held_to = held_to
        self._width_px = first.picture.shape[1]
        self.um_per_px = instrument.preview_um_per_px(self._width_px)
        marked = instrument.settings.capture.mark_expected
        self.meters = Meters(self.um_per_px, mark_expected=marked)

    def fits(self, frame: Frame, held_to: _HeldTo) -> bool:
        return held_to is self.held_to and frame.picture.shape[1] == self._width_px


def _tell_all(watchers: tuple[Callable[[], None], ...]) -> None:
    for changed in watchers:
        changed()
