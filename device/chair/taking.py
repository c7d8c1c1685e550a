"""Captures as the page, the button and the foot switch start them: one at a time, on a thread of its own.

All three ways end in :meth:`Taking.begin`, so that a press is worth the same wherever it comes from: it counts if the
chair is aimed at a site, no capture runs, and the last press lies a second back.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self
from uuid import UUID

from analysis.noise.floor import NoiseFloor
from contract import Capture, Verdict
from device.baseline import Found, find_baseline
from device.camera import Aim
from device.capture import Phase, take
from device.chair.appointments import keep_record, require_open
from device.chair.busy import Busy, Use
from device.chair.refusals import NotNow
from device.comparing import compare_capture
from device.foreseen import FORESEEN
from device.instrument import Instrument
from device.sites import Said
from device.store import Store
from device.store.failures import cure

_log = logging.getLogger(__name__)

LOCK_S = 1.0
"""After a press that counts no other does for so long: a foot that slips does not take two pictures."""


class Started(StrEnum):
    """What a capture was started with."""

    PAGE = "page"
    BUTTON = "button"
    FOOT_SWITCH = "foot-switch"


class Stage(StrEnum):
    """How far the present or last capture is."""

    NONE = "none"
    TAKING = "taking"
    MEASURING = "measuring"
    COMPARING = "comparing"
    DONE = "done"
    FAILED = "failed"


_COMPARED_WITHIN_S = 1.5
"""The result waits so long for its comparison: one with a baseline of the instrument's own takes less."""

_RUNNING = (Stage.TAKING, Stage.MEASURING, Stage.COMPARING)
_STAGES = {Phase.TAKING: Stage.TAKING, Phase.MEASURING: Stage.MEASURING, Phase.KEEPING: Stage.MEASURING}


@dataclass(frozen=True)
class TakingState:
    """The present or last capture.

    Parameters
    ----------
    number
        Counts captures since the start; 0 before the first.
    stage
        How far it is.
    aim
        Of which site; None before the first.
    started
        With what.
    capture_id
        Once it is kept.
    sentence
        Why it failed.
    """

    number: int
    stage: Stage
    aim: Aim | None = None
    started: Started | None = None
    capture_id: UUID | None = None
    sentence: str | None = None

    @property
    def running(self) -> bool:
        """Whether the instrument is busy with it."""
        return self.stage in _RUNNING


class Taking:
    """Takes captures. Entering its context starts the thread, leaving it ends with the capture that runs.

    Parameters
    ----------
    instrument
        Open. Its own store is not used: the thread opens one.
    open_store
        Opens a store for the thread.
    floors
        Of the instrument's noise.
    busy
        Shared with the calibration; its own where there is none.
    """

    def __init__(
        self,
        instrument: Instrument,
        open_store: Callable[[], Store],
        floors: Sequence[NoiseFloor] = (),
        busy: Busy | None = None,
    ) -> None:
        self._busy = busy or Busy()
        self._instrument = instrument
        self._open_store = open_store
        self._floors = floors
        self._changed = threading.Condition()
        self._state = TakingState(0, Stage.NONE)
        self._last_press_s = float("-inf")
        self._asked: queue.SimpleQueue[Aim | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="taking", daemon=True)
        self._beside = ThreadPoolExecutor(1, "comparing")

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Take no more; what runs is finished and kept."""
        self._asked.put(None)
        self._thread.join()
        self._beside.shutdown(cancel_futures=True)

    @property
    def state(self) -> TakingState:
        """How the present or last capture stands."""
        with self._changed:
            return self._state

    def begin(self, aim: Aim, started: Started) -> TakingState:
        """Begin a capture, and return at once.

        Raises
        ------
        NotNow
            If one runs, or was begun less than a second ago, or the instrument is being calibrated.
        """
        with self._changed:
            moment_s = time.monotonic()
            if self._state.running:
                raise NotNow("A picture is being taken. Wait until it is measured.")
            if moment_s - self._last_press_s < LOCK_S:
                raise NotNow("A picture was taken a moment ago. Press again.")
            self._busy.hold(Use.CAPTURE)
            self._last_press_s = moment_s
            self._state = TakingState(self._state.number + 1, Stage.TAKING, aim, started)
            self._changed.notify_all()
            self._asked.put(aim)
            return self._state

    def wait_newer(self, seen: TakingState, timeout_s: float) -> TakingState:
        """Wait for a state other than that; return it, or the same once the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._state is not seen, timeout_s)
            return self._state

    def _work(self) -> None:
        while (aim := self._asked.get()) is not None:
            ended = self._ended(aim)
            self._busy.let_go()  # before it is told: who sees the end may begin the next at once
            self._tell(**ended)

    def _ended(self, aim: Aim) -> dict[str, object]:
        try:
            return {"stage": Stage.DONE, "capture_id": self._take(aim).message_id}
        except FORESEEN as error:
            return {"stage": Stage.FAILED, "sentence": str(error)}
        except sqlite3.Error as error:
            folder = self._instrument.settings.state_folder
            return {
                "stage": Stage.FAILED,
                "sentence": f"The picture could not be kept ({error}). {cure(error, folder)}",
            }
        except Exception:  # noqa: BLE001  whatever it is, the next capture can be taken
            _log.exception("A capture failed in a way that nobody foresaw.")
            said = "The picture could not be taken: the program failed. Take it again; the log says more."
            return {"stage": Stage.FAILED, "sentence": said}

    def _take(self, aim: Aim) -> Capture:
        store = self._open_store()
        try:
            require_open(store, aim.patient_code, aim.visit_number)
            instrument = replace(self._instrument, store=store)
            capture = take(instrument, aim, lambda phase: self._tell(stage=_STAGES[phase]))
            self._tell(stage=Stage.COMPARING, capture_id=capture.message_id)
            self._record(store, aim)
        finally:
            store.close()
        if capture.visit_number > 1 and capture.quality.verdict is not Verdict.REFUSE:
            # The clinic may have to be asked: the result is shown meanwhile, and the change when it is there.
            wait([self._beside.submit(self._compare, capture)], _COMPARED_WITHIN_S)
        return capture

    def _record(self, store: Store, aim: Aim) -> None:
        """Keep the visit's record. The capture is kept whatever becomes of that, and the next record holds it too."""
        try:
            keep_record(store, self._instrument.settings, aim.patient_code, aim.visit_number, Said())
        except Exception:  # noqa: BLE001  a capture that is kept must not be taken again for this
            _log.exception("A capture is kept, and the visit's record not yet.")

    def _compare(self, capture: Capture) -> None:
        """Compare where there is a baseline; a capture without comparison is whole, and compared later."""
        settings = self._instrument.settings
        place = (capture.patient_code, capture.site, capture.visit_number)
        try:
            with closing(self._open_store()) as store:
                outcome = find_baseline(settings, store, *place, with_picture=False)
                if isinstance(outcome, Found):
                    compare_capture(store, capture, outcome.baseline.capture, self._floors)
        except Exception:  # noqa: BLE001  the capture is kept: whatever is wrong with the comparison is told, no more
            _log.exception("Capture %s is kept without its comparison.", capture.message_id)

    def _tell(self, **changed: object) -> None:
        with self._changed:
            self._state = replace(self._state, **changed)  # type: ignore[arg-type]  # each is one of its fields
            self._changed.notify_all()
