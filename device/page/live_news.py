"""What the live picture's watchers are told beside frames, found out where it makes nobody wait."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from device.camera import Aim
from device.chair.chair import Chair
from device.chair.readiness import Readiness, readiness
from device.chair.taking import Taking
from device.guidance import GuidedAim, baseline_of_aim

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_READY_FOR_S = 5.0
_FIND_AGAIN_S = 15.0
"""Where there is no baseline it is looked for so often: the clinic may be reached by then."""


class TakingNews:
    """Tells watchers at once how far a capture is, whoever started it. Its thread lives while somebody watches.

    Parameters
    ----------
    taking
        Whose state is followed.
    """

    def __init__(self, taking: Taking) -> None:
        self._taking = taking
        self._turn = threading.Lock()
        self._told: dict[object, Callable[[], None]] = {}
        self._following = False

    @contextmanager
    def follow(self, changed: Callable[[], None]) -> Iterator[None]:
        """Have `changed` called, on a thread, at each new state."""
        follower = object()
        with self._turn:
            self._told[follower] = changed
            if not self._following:
                self._following = True
                threading.Thread(target=self._follow, name="taking news", daemon=True).start()
        try:
            yield
        finally:
            with self._turn:
                del self._told[follower]

    def _follow(self) -> None:
        seen = self._taking.state
        while True:
            with self._turn:
                if not self._told:
                    self._following = False
                    return
            newer = self._taking.wait_newer(seen, _LOOK_EVERY_S)
            if newer is not seen:
                seen = newer
                with self._turn:
                    told = tuple(self._told.values())
                for changed in told:
                    changed()


class ReadyNews:
    """How the instrument stands for a capture, looked up again every few seconds while somebody asks.

    Parameters
    ----------
    chair
        Open.
    """

    def __init__(self, chair: Chair) -> None:
        self._chair = chair
        self._turn = threading.Lock()
        self._known: Readiness | None = None
        self._looked_s = float("-inf")
        self._looking = False

    def now(self) -> Readiness | None:
        """Return what is known, at once; None before the first look has ended."""
        with self._turn:
            if not self._looking and time.monotonic() - self._looked_s > _READY_FOR_S:
                self._looking = True
                threading.Thread(target=self._look, name="readiness", daemon=True).start()
            return self._known

    def _look(self) -> None:
        known = self._known
        try:
            known = readiness(self._chair)
        except Exception:  # noqa: BLE001  the next look may do better; a capture says for itself what is wrong
            _log.exception("How the instrument stands could not be looked up.")
        with self._turn:
            self._known, self._looked_s, self._looking = known, time.monotonic(), False


class Baselines:
    """Finds what a site is guided by, which may wait for the clinic: the picture is shown meanwhile.

    Parameters
    ----------
    chair
        Whose stream is guided.
    """

    def __init__(self, chair: Chair) -> None:
        self._chair = chair
        self._turn = threading.Lock()
        self._sought: set[Aim] = set()
        self._found_s: dict[Aim, float] = {}
        self._logged = ""

    def find(self, aim: Aim) -> None:
        """Begin to find it, unless it is sought already. One that is known is found anew: it may have been rejected."""
        with self._turn:
            if aim in self._sought:
                return
            self._sought.add(aim)
        threading.Thread(target=self._find, args=(aim,), name="baseline", daemon=True).start()

    def find_again(self, aim: Aim) -> None:
        """Begin to find it where there was none a while ago, and the camera is held there still."""
        stream = self._chair.stream
        known = stream.guided(aim)
        with self._turn:
            rests = time.monotonic() - self._found_s.get(aim, float("-inf")) < _FIND_AGAIN_S
        if stream.aim == aim and not rests and (known is None or known.measurement is None):
            self.find(aim)

    def _find(self, aim: Aim) -> None:
        try:
            guided = baseline_of_aim(self._chair.settings, self._chair.store, aim)
        except Exception as error:  # noqa: BLE001  a site without guidance can be taken all the same
            if (failure := repr(error)) != self._logged:
                self._logged = failure
                _log.exception("The baseline could not be looked for.")
            guided = GuidedAim(None, without="The baseline could not be looked for.")
        self._chair.stream.guide(aim, guided)
        with self._turn:
            self._sought.discard(aim)
            self._found_s = {aim: time.monotonic()}  # of the last alone: the camera is held to one site
